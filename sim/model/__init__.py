"""The reference: pure Python, a file per component of hdl/, each a function of timed events."""
