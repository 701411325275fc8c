"""The terminal user interface: everything that Textual draws, and nothing that decides.

It reads records through the client and turns them into rows, bars and dialogs. It must never
import `control` or `engine`, and nothing outside this package may import Textual.
"""
