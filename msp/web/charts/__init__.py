"""Charts as geometry: drawn by one set of macros on screen, in the PDF and in mail."""

from msp.web.charts.amounts import Pile, bars, bullet, line, stacked
from msp.web.charts.drawing import Drawing
from msp.web.charts.times import HeatRow, Mark, Segment, heat, ribbon

__all__ = ["Drawing", "HeatRow", "Mark", "Pile", "Segment", "bars", "bullet", "heat", "line", "ribbon", "stacked"]
