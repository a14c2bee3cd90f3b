"""What a sequence brought: how far people came, what each mail led to, where they are now, who left and why.

Everything is counted in ways. Somebody who came in twice has two ways and counts twice; people are told apart beside.
"""
