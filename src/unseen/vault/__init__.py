"""The evidence's files on her own machine: adapters of the desk's evidence ports.  Private, whole or not there, locked.

``work_folder`` is a pack in the making, ``files`` the sealed pack, the folder it is opened into, and what is taken in.
What a work folder is given is encrypted already; nothing here knows a key.  Start with ``work_folder``.
"""

from unseen.vault.files import LocalFile, OpenedFolder, PackFile, folder_files
from unseen.vault.work_folder import LocalWorkFolder

__all__ = ["LocalFile", "LocalWorkFolder", "OpenedFolder", "PackFile", "folder_files"]
