"""``/v1/jobs``: what became of a video that was sent to be screened."""

import json
from typing import Annotated, Final, Self

from fastapi import APIRouter, Path
from pydantic import Field
from starlette.requests import Request
from starlette.responses import JSONResponse, Response

from unseen.desk.jobs import BEAT_S, UNDER_WAY, Job, JobState, cancel_job, find_job
from unseen.http.describe import errors
from unseen.http.door import Asker
from unseen.http.screen_shapes import ScreenedOut
from unseen.http.service import Service, service_of
from unseen.http.shapes import ErrorDetail, Out

router = APIRouter(prefix="/v1", tags=["screening"])

_NOTES: Final = {
    JobState.INTERRUPTED: "INTERRUPTED: send again. The process that had the upload is gone, and the upload with it.",
    JobState.CANCELLED: "You cancelled it.",
}
_Id = Annotated[str, Path(pattern="^[0-9A-Z]{26}$", description="The `id` of a job.")]


class JobOut(Out):
    """A video on its way to a verdict."""

    id: str
    state: JobState = Field(
        description="`queued`, `running`, `done`, `failed`, `cancelled`, or `interrupted`: then send it again."
    )
    progress: float = Field(description="0 to 1.")
    answer: ScreenedOut | None = Field(description="As a picture is answered, once the state is `done`.")
    error: ErrorDetail | None = Field(description="What went wrong, where the state is `failed`.")
    note: str | None

    @classmethod
    def of(cls, job: Job, state: JobState) -> Self:
        """The job in ``state``."""
        said = None if job.answer is None else json.loads(job.answer)
        return cls(
            id=job.id,
            state=state,
            progress=round(job.done, 3),
            answer=ScreenedOut.model_validate(said) if said and state is JobState.DONE else None,
            error=ErrorDetail.model_validate(said["error"]) if said and state is JobState.FAILED else None,
            note=_NOTES.get(state),
        )


def accepted(job: Job, service: Service) -> JSONResponse:
    """The answer to a video."""
    shown = JobOut.of(job, job.state_at(service.node.clock.now()))
    headers = {"Location": f"/v1/jobs/{job.id}", "Retry-After": str(round(BEAT_S))}
    return JSONResponse(shown.model_dump(mode="json"), 202, headers)


@router.get("/jobs/{job_id}", summary="See what became of a video", responses=errors(404))
async def show_job(request: Request, response: Response, by: Asker, job_id: _Id) -> JobOut:
    """How far a video is, and the verdict once it is done; whichever worker has it.

    Only the token that sent it is told. It can be asked about for an hour after it ended. Asks for the scope `screen`.
    """
    service = service_of(request)
    with service.desk.admit() as slot:
        job = await slot.run(find_job, job_id, by.name, store=service.node.store)
    now = service.node.clock.now()
    state = job.state_at(now, deaf_until=now if service.jobs.has(job_id) else service.follower.failed_at)
    if state in UNDER_WAY:
        response.headers["Retry-After"] = str(round(BEAT_S))
    return JobOut.of(job, state)


@router.delete(
    "/jobs/{job_id}",
    summary="Cancel a video",
    status_code=204,
    response_class=Response,
    responses=errors(404, writes=True),
)
async def end(request: Request, by: Asker, job_id: _Id) -> None:
    """Have a video's screening ended, and what was sent let go of; of one that ended, the answer is forgotten.

    Asks for the scope `screen`.
    """
    service = service_of(request)
    with service.desk.admit() as slot:
        await slot.run(cancel_job, job_id, by.name, store=service.node.store, clock=service.node.clock)
