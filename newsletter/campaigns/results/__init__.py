"""What a campaign brought: numbers that add up with the rows behind them, where, when and by whom."""
