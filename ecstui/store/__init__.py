"""State: frozen records in memory with a journal behind them, and the feed of changes."""
