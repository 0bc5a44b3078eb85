"""How a request reaches a page: one front that holds all connections, and processes that work on pages.

The front (`front`) gives each page to the process that has least to do (`turns`), over a socket of the machine (`wire`)
on which the process answers as a WSGI server (`page`). Decision 0156 says why.
"""
