"""The few machine operations that the kernels need and numba has no name for, emitted as LLVM IR.

LLVM lowers each to what the processor has: VPOPCNT on recent x86, a byte shuffle on AVX2, CNT on ARM.
Source: LLVM language reference, ``llvm.ctpop`` and ``llvm.prefetch``.
"""

from collections.abc import Callable
from typing import Final

from numba import types
from numba.core.base import BaseContext
from numba.core.cgutils import ir
from numba.core.typing import Context, Signature
from numba.extending import intrinsic

LANES: Final = 16  #: of one block: 16 words of 32 bits, or 4 codes of four 64-bit words

_Value = ir.Value
_Emit = Callable[[BaseContext, ir.IRBuilder, Signature, list[_Value]], _Value]
_Typed = tuple[Signature, _Emit]

_I1 = ir.IntType(1)
_I8 = ir.IntType(8)
_I32 = ir.IntType(32)
_I64 = ir.IntType(64)


def _ctpop(builder: ir.IRBuilder, bits: _Value, suffix: str) -> _Value:
    declared = builder.module.declare_intrinsic(f"llvm.ctpop.{suffix}", fnty=ir.FunctionType(bits.type, [bits.type]))
    return builder.call(declared, [bits])


def _vector_of(builder: ir.IRBuilder, scalars: list[_Value]) -> _Value:
    """A vector that holds ``scalars`` over and over."""
    undefined = ir.Constant(ir.VectorType(scalars[0].type, LANES), ir.Undefined)
    vector = undefined
    for lane, scalar in enumerate(scalars):
        vector = builder.insert_element(vector, scalar, ir.Constant(_I32, lane))
    return _shuffled(builder, vector, [lane % len(scalars) for lane in range(LANES)])


def _shuffled(builder: ir.IRBuilder, vector: _Value, lanes: list[int]) -> _Value:
    """Lane ``i`` of the result is lane ``lanes[i]`` of ``vector``."""
    undefined = ir.Constant(vector.type, ir.Undefined)
    return builder.shuffle_vector(vector, undefined, ir.Constant(ir.VectorType(_I32, LANES), lanes))


def _mask_of(builder: ir.IRBuilder, counts: _Value, limit: _Value) -> _Value:
    """Bit ``i`` of a uint64 says whether lane ``i`` of ``counts`` is at most ``limit``."""
    near = builder.icmp_unsigned("<=", counts, _vector_of(builder, [limit]))
    return builder.zext(builder.bitcast(near, ir.IntType(LANES)), _I64)


@intrinsic
def popcount(typing: Context, word: types.Type) -> _Typed:
    """Bits set in ``word``, a uint64; returns uint64."""

    def emit(_: BaseContext, builder: ir.IRBuilder, __: Signature, arguments: list[_Value]) -> _Value:
        return _ctpop(builder, arguments[0], "i64")

    return types.uint64(types.uint64), emit


@intrinsic
def block_within(typing: Context, words: types.Type, at: types.Type, query: types.Type, limit: types.Type) -> _Typed:
    """Which of ``words[at : at + 16]`` differ from ``query`` in at most ``limit`` bits: bit ``i`` for lane ``i``.

    words: uint32, C-contiguous, with ``at + 16`` elements or more.  query, limit: uint32.  Returns uint64.
    """

    def emit(context: BaseContext, builder: ir.IRBuilder, signature: Signature, arguments: list[_Value]) -> _Value:
        array = context.make_array(signature.args[0])(context, builder, arguments[0])
        vector = ir.VectorType(_I32, LANES)
        start = builder.bitcast(builder.gep(array.data, [arguments[1]]), vector.as_pointer())
        differing = builder.xor(builder.load(start, align=4), _vector_of(builder, [arguments[2]]))
        return _mask_of(builder, _ctpop(builder, differing, f"v{LANES}i32"), arguments[3])

    return types.uint64(words, types.int64, types.uint32, types.uint32), emit


@intrinsic
def rows_within(
    typing: Context,
    codes: types.Type,
    row: types.Type,
    q0: types.Type,
    q1: types.Type,
    q2: types.Type,
    q3: types.Type,
    limit: types.Type,
) -> _Typed:
    """Which of ``codes[row : row + 4]`` differ from (q0, q1, q2, q3) in at most ``limit`` bits.

    codes: (n, 4) uint64, C-contiguous, n >= row + 4.  q0..q3, limit: uint64.
    Returns uint64: bits 4i to 4i + 3 are set if row ``row + i`` is that near.
    """

    def emit(context: BaseContext, builder: ir.IRBuilder, signature: Signature, arguments: list[_Value]) -> _Value:
        array = context.make_array(signature.args[0])(context, builder, arguments[0])
        vector = ir.VectorType(_I64, LANES)
        first = builder.mul(arguments[1], ir.Constant(_I64, 4))
        start = builder.bitcast(builder.gep(array.data, [first]), vector.as_pointer())
        differing = builder.xor(builder.load(start, align=8), _vector_of(builder, arguments[2:6]))
        counts = _ctpop(builder, differing, f"v{LANES}i64")
        for step in (1, 2):  # each lane adds its neighbour's, then its neighbouring pair's
            counts = builder.add(counts, _shuffled(builder, counts, [lane ^ step for lane in range(LANES)]))
        return _mask_of(builder, counts, arguments[6])

    word = types.uint64
    return word(codes, types.int64, word, word, word, word, word), emit


@intrinsic
def lowest_bit(typing: Context, mask: types.Type) -> _Typed:
    """The position of the lowest set bit of ``mask``, a uint64 that is not 0; returns int64."""

    def emit(_: BaseContext, builder: ir.IRBuilder, __: Signature, arguments: list[_Value]) -> _Value:
        return builder.cttz(arguments[0], ir.Constant(_I1, 1))

    return types.int64(types.uint64), emit


@intrinsic
def prefetch(typing: Context, array: types.Type, at: types.Type) -> _Typed:
    """Ask for the cache line that holds element ``at`` of a C-contiguous vector; never faults."""

    def emit(context: BaseContext, builder: ir.IRBuilder, signature: Signature, arguments: list[_Value]) -> _Value:
        vector = context.make_array(signature.args[0])(context, builder, arguments[0])
        address = builder.bitcast(builder.gep(vector.data, [arguments[1]]), _I8.as_pointer())
        declared = builder.module.declare_intrinsic(
            "llvm.prefetch.p0", fnty=ir.FunctionType(ir.VoidType(), [address.type, _I32, _I32, _I32])
        )
        read, keep, data = (ir.Constant(_I32, value) for value in (0, 3, 1))
        builder.call(declared, [address, read, keep, data])
        return context.get_dummy_value()

    return types.void(array, types.int64), emit


@intrinsic
def pointer(typing: Context, address: types.Type) -> _Typed:
    """``address``, an int64, as a pointer that ``numba.carray`` takes: how one call reaches any number of arrays."""

    def emit(_: BaseContext, builder: ir.IRBuilder, __: Signature, arguments: list[_Value]) -> _Value:
        return builder.inttoptr(arguments[0], _I8.as_pointer())

    return types.voidptr(types.int64), emit
