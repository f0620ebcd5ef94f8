"""What became of each quant and norm: fused, or missed and why, and where it stands."""

from irfuse.report.report import Break, Fused, Missed, Report, report_of

__all__ = ["Break", "Fused", "Missed", "Report", "report_of"]
