"""Songs that ship with the repository, each a score in a readable form and the MIDI file that it writes."""
