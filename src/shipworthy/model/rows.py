"""A matrix laid out for products with few rows, where reading it is all that costs."""

from __future__ import annotations

import torch
import torch.nn.functional as F
from torch import Tensor


class Rows:
    """y = x W^T + b, for x [..., in] of about `rows` rows; W is [out, in], b [out].

    In float32 on the CPU the weight is packed once by oneDNN into the blocks that its kernels read, through
    the operators that torch's own compiler emits: a product with one row reads it about twice as fast as
    `F.linear` does. A processor without instructions for bfloat16 or float16 multiplies them number by
    number; there the weight is kept in float32, which holds each value exactly, and the product, summed in
    float32 as native kernels sum it, is rounded once. Elsewhere `F.linear` is the faster.
    """

    def __init__(self, weight: Tensor, bias: Tensor | None, rows: int) -> None:
        self._packed = weight.device.type == "cpu" and (weight.dtype == torch.float32 or not _native(weight))
        self.bias = bias if bias is None or not self._packed else bias.float()
        self.weight = (
            torch.ops.mkldnn._reorder_linear_weight(weight.float(), rows) if self._packed else weight
        )

    def __call__(self, x: Tensor) -> Tensor:
        if not self._packed:
            return F.linear(x, self.weight, self.bias)
        product: Tensor = torch.ops.mkldnn._linear_pointwise(
            x.float(), self.weight, self.bias, "none", [], ""
        )
        return product.to(x.dtype)


def _native(weight: Tensor) -> bool:
    """Whether this processor has instructions for the weight's two-byte dtype."""
    supported = {
        torch.bfloat16: torch.ops.mkldnn._is_mkldnn_bf16_supported,
        torch.float16: torch.ops.mkldnn._is_mkldnn_fp16_supported,
    }
    return weight.dtype not in supported or bool(supported[weight.dtype]())
