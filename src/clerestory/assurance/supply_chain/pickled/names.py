"""Which names a pickled model may import and call. A list of what is allowed: what is not on it is a finding."""

import re
from collections.abc import Iterable

from clerestory.assurance.supply_chain.pickled.walk import Name, Use

_BUILTINS = (
    "bool bytearray bytes complex dict float frozenset int list object range set slice str tuple "
    "Ellipsis NotImplemented"
)
_ARRAYS = "_reconstruct scalar _frombuffer _ufunc_reconstruct"
_STORAGES = "Bool BFloat16 Byte Char ComplexDouble ComplexFloat Double Float Half Int Long Short Untyped Typed"
_EXACT: dict[str, str] = {
    "builtins": _BUILTINS,
    "__builtin__": f"{_BUILTINS} long unicode xrange",
    "collections": "Counter OrderedDict defaultdict deque",
    "copyreg": "_reconstructor __newobj__",
    "copy_reg": "_reconstructor __newobj__",
    "_codecs": "encode",
    "datetime": "date datetime time timedelta timezone",
    "decimal": "Decimal",
    "fractions": "Fraction",
    "uuid": "UUID",
    "numpy": "dtype ndarray bool_ int8 int16 int32 int64 uint8 uint16 uint32 uint64 float16 float32 float64 "
    "complex64 complex128 str_ bytes_ datetime64 timedelta64 matrix recarray",
    "numpy.core.multiarray": _ARRAYS,
    "numpy._core.multiarray": _ARRAYS,
    "numpy.matrixlib.defmatrix": "matrix",
    "numpy.core._internal": "_reconstruct",
    "numpy.core.numeric": "_frombuffer",
    "numpy._core.numeric": "_frombuffer",
    "numpy.ma.core": "_mareconstruct MaskedArray",
    "numpy.random._pickle": "__randomstate_ctor __generator_ctor __bit_generator_ctor",
    "numpy.random._mt19937": "MT19937 __pyx_unpickle_MT19937",
    "numpy.random._pcg64": "PCG64 PCG64DXSM",
    "numpy.random.bit_generator": "SeedSequence __pyx_unpickle_SeedSequence",
    "numpy.random._bit_generator": "SeedSequence",
    "joblib.numpy_pickle": "NumpyArrayWrapper NDArrayWrapper ZNDArrayWrapper",
    "torch": " ".join(f"{kind}Storage" for kind in _STORAGES.split()) + " Size device dtype float16 float32 float64 "
    "bfloat16 int8 int16 int32 int64 uint8 bool complex64 complex128 half float double int long short "
    "per_tensor_affine per_channel_affine contiguous_format preserve_format channels_last strided Tensor",
    "torch._utils": "_rebuild_tensor _rebuild_tensor_v2 _rebuild_tensor_v3 _rebuild_parameter "
    "_rebuild_parameter_with_state _rebuild_qtensor _rebuild_sparse_tensor _rebuild_meta_tensor_no_storage",
    "torch._tensor": "_rebuild_from_type_v2",
    "torch.nn.parameter": "Parameter Buffer",
    "torch.serialization": "_get_layout",
    "torch.storage": "UntypedStorage TypedStorage",
    "pandas._libs.internals": "_unpickle_block",
    "pandas._libs.arrays": "__pyx_unpickle_NDArrayBacked",
    "pandas.core.indexes.base": "_new_Index Index",
    "pandas.core.indexes.range": "RangeIndex",
    "pandas.core.internals.managers": "BlockManager SingleBlockManager",
    "pandas.core.frame": "DataFrame",
    "pandas.core.series": "Series",
    "pandas": "DataFrame Series Index RangeIndex StringDtype CategoricalDtype",
    "pandas.arrays": "ArrowStringArray",
    "pyarrow.lib": "_restore_array py_buffer type_for_alias",
}
_ALLOWED = {f"{module}.{name}" for module, names in _EXACT.items() for name in names.split()}
_ROOTS = ("sklearn", "torch.nn.modules", "scipy.sparse", "xgboost", "lightgbm", "imblearn")
"""Packages whose classes may be made. A class is written Like_This; functions of these packages are not allowed."""
_CLASS = re.compile(r"_{0,2}[A-Z][A-Za-z0-9]*|__pyx_unpickle_\w+|newObj|[a-z]{3}_(?:matrix|array)")
_APART = re.compile(r"(^|\.)_?(tests?|testing|externals|datasets|conftest|_joblib|parallel|dask|spark)(\.|$)")


def allowed(name: Name, more: Iterable[str] = ()) -> bool:
    """Return whether a name may be imported, called and built on.

    ``more`` adds names as ``package.module.Name``, or all of a module as ``package.module.*``. A name with a point in
    it reaches through a module to something else, and is allowed only when listed as it stands.
    """
    whole = str(name)
    if whole in _ALLOWED or whole in more or (f"{name.module}.*" in more and "." not in name.name):
        return True
    rooted = any(name.module == root or name.module.startswith(f"{root}.") for root in _ROOTS)
    return rooted and _CLASS.fullmatch(name.name) is not None and not _APART.search(name.module)


def dangers(uses: Iterable[Use], more: Iterable[str] = ()) -> tuple[str, ...]:
    """Return each use that is not allowed once, as ``calls os.system``."""
    listed = tuple(more)
    found = {
        f"{use.doing} {use.name}" if use.name is not None else f"{use.doing} what cannot be told ({use.instruction})"
        for use in uses
        if use.name is None or not allowed(use.name, listed)
    }
    return tuple(sorted(found))
