"""Every refusal that a person can be shown: data, not sentences.

The front end finds the sentence by the name of the class and fills in `values`.
"""
