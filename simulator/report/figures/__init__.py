"""One module per figure; each draws plain numbers on the axes it is given, or on a figure of its own.

`style` holds what they share: colours, marks, text sizes and the way a figure becomes SVG.
"""
