"""What each command of the command line does; `cli.py` reads the words and chooses one."""
