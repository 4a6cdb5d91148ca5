"""The sections of a chain file for the roles: what is asked, how, and of which model."""

from __future__ import annotations

from typing import Literal

from selfinstruct_chains.config.base import Asked, Closed, Count, Pattern, Positive
from selfinstruct_chains.config.model import ModelConfig
from selfinstruct_chains.config.prompt import Prompt
from selfinstruct_chains.config.threshold import Threshold


class AnsweredRole(Closed):
    """What all roles have."""

    prompt: Prompt
    """The prompt file: a shipped name (`instructions`), or a path of one's own (`mine.yaml`) beside the chain file."""
    output: Asked = "text"
    """What the reply is written as: `text` behind labels, or JSON that the model is held to in one of LangChain's
    ways; `auto` finds out before the first request which of them the model takes."""
    model: ModelConfig
    """Over the chain's own `model`: what is said here wins for this role."""


class InstructionRole(AnsweredRole):
    """Instruction generation: paper section 2.2, step 1."""

    seed_examples: Positive = 6
    """Seed tasks shown in each request."""
    generated_examples: Count = 2
    """Generated tasks shown in each request; seeds fill their places while there are too few."""
    ask: Positive = 8
    """How many new instructions a request asks for."""
    example_pattern: Pattern | None = None
    """Show only instructions in which this regular expression is found, as far as there are enough: small models
    imitate the form of what they are shown."""


class ClassificationRole(AnsweredRole):
    """Classification task identification: paper section 2.2, step 2."""

    yes_examples: Positive = 12
    """Classification tasks shown in each request, drawn once from the seeds."""
    no_examples: Positive = 19
    """Other tasks shown in each request."""
    decide: Literal["text", "logprob"] = "text"
    """By what the model writes, or by comparing the log-probabilities of yes and no with `threshold`."""
    threshold: Threshold = Threshold(value=0.0)
    """For `logprob`: classification when log p(yes) - log p(no) is above this (natural logarithm)."""
    example_characters: Positive | None = None
    """Draw demonstrations among those that are at most so long, as far as there are enough."""
    prompt_tokens: Positive | None = None
    """Tokens that a prompt may have, estimated at three characters each: where it would have more, fewer
    demonstrations are shown."""


class InstanceRole(AnsweredRole):
    """Instance generation, input-first or output-first: paper section 2.2, step 3."""

    examples: Positive = 6
    """Tasks with their instances shown in each request, drawn once from the seeds."""
    input_characters: Positive | None = None
    """Where a JSON schema holds the reply: the longest input the model can write."""
    output_characters: Positive | None = None
    """There: the longest output, or label."""
    example_characters: Positive | None = None
    """Draw demonstrations among those that are at most so long, as far as there are enough."""
    prompt_tokens: Positive | None = None
    """Tokens that a prompt may have, estimated at three characters each: where it would have more, fewer
    demonstrations are shown."""


class InstancesConfig(Closed):
    """Both ways of making instances."""

    max_instances: Positive = 5
    """Instances kept for a task, the first ones."""
    input_first: InstanceRole
    """For tasks that are no classification: an input, or none, then the output."""
    output_first: InstanceRole
    """For classification tasks: a label, then an input that it is right for."""
