"""Doors for other processes: the AWS JSON protocol, feeds and logs, and the daemon behind them."""
