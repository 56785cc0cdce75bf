"""Every refusal that a person can be told: data, not sentences.

The front finds the sentence by the name of the class and fills it in with `values`.
"""
