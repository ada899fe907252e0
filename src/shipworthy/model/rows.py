"""A matrix laid out for products with few rows, where reading it is all that costs."""

from __future__ import annotations

import torch
import torch.nn.functional as F
from torch import Tensor


class Rows:
    """y = x W^T + b, for x [..., in] of about `rows` rows; W is [out, in], b [out].

    On the CPU a float32 weight is packed once by oneDNN into the blocks that its kernels read, through the
    operators that torch's own compiler emits. Of two bytes a number, on a processor without instructions for
    them, a weight stays as it is where one row at a time is decoded: that product torch widens as it reads,
    and half the bytes are half the time. It multiplies more rows number by number; so for those the weight is
    widened to float32, which holds each value exactly: for a prompt as it is used, for a batch once. Every
    product is summed in float32 and rounded once. Elsewhere `F.linear` is the faster.
    """

    def __init__(self, weight: Tensor, bias: Tensor | None, rows: int) -> None:
        on_cpu = weight.device.type == "cpu"
        self._widened = on_cpu and not _native(weight)
        packed = on_cpu and (weight.dtype == torch.float32 or self._widened)
        # Rounding before a bias is added would be rounding twice.
        self._packed = packed and not (self._widened and rows == 1 and bias is None)
        self.bias = bias if bias is None or not self._packed else bias.float()
        self.weight = (
            torch.ops.mkldnn._reorder_linear_weight(weight.float(), rows) if self._packed else weight
        )

    def __call__(self, x: Tensor) -> Tensor:
        if not self._packed:
            if self._widened and x.shape[:-1].numel() > 1:
                return F.linear(x.float(), self.weight.float(), self.bias).to(x.dtype)
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
