"""Role models on a Ray cluster: workers that answer, and the one process that asks them (extra `ray`).

`rays` is what is asked of Ray, the only module that imports it; `worker` what lives on a node; `fleet` who asks which
worker, and replaces those that die; `model` what stands in a role model's place.
"""
