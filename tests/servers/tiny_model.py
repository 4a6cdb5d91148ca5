"""Make a model that can do the four steps, in half a minute: a Llama of 0.2 million weights, for `transformers serve`.

    python tiny_model.py REPLIES.jsonl FOLDER       # in an environment with torch and transformers

A line of REPLIES is {"role": ..., "reply": ...}. The chat template does what a large model's reading would: of all that
it is told it keeps which step is asked for. What is written then is sampled from what was learned about each.
"""

from __future__ import annotations

import json
import random
import sys
from itertools import groupby
from pathlib import Path

import torch
from tokenizers import Tokenizer, decoders, models, pre_tokenizers, trainers
from transformers import GenerationConfig, LlamaConfig, LlamaForCausalLM, PreTrainedTokenizerFast

BATCH = 12
RATE = 6e-3
END, PAD = "<|end|>", "<|pad|>"
TEMPLATE = """
{%- set told = messages | map(attribute="content") | join("\n") -%}
{%- set task = told.split("Task: ") | last -%}
{%- if "Is it classification?" in told and task.startswith("Decide whether") -%}<|yes|>
{%- elif "Is it classification?" in told -%}<|no|>
{%- elif '"label"' in told -%}<|output_first|>
{%- elif "Task: " in told -%}<|input_first|>
{%- else -%}<|instructions|>
{%- endif -%}
"""


def main(replies: Path, folder: Path) -> None:
    """Learn the replies, once through, and write model, tokenizer and chat template to `folder`."""
    lines = [json.loads(line) for line in replies.read_text(encoding="utf-8").splitlines()]
    tokenizer = _tokenizer(lines)
    batches = _batches(lines)
    model = _model(tokenizer)
    optimizer = torch.optim.AdamW(model.parameters(), lr=RATE)
    schedule = torch.optim.lr_scheduler.OneCycleLR(optimizer, max_lr=RATE, total_steps=len(batches))
    for texts in batches:
        batch = tokenizer(texts, return_tensors="pt", padding=True, return_token_type_ids=False)
        labels = batch["input_ids"].masked_fill(batch["attention_mask"] == 0, -100)
        model(**batch, labels=labels).loss.backward()
        optimizer.step()
        schedule.step()
        optimizer.zero_grad()
    model.save_pretrained(folder)
    tokenizer.save_pretrained(folder)


def _batches(lines: list[dict[str, str]]) -> list[list[str]]:
    """Each of one role, as its replies are about as long as one another."""
    batches = []
    for role, group in groupby(lines, key=lambda line: line["role"]):
        texts = [f"<|{role}|>{line['reply']}{END}" for line in group]
        batches += [texts[first : first + BATCH] for first in range(0, len(texts), BATCH)]
    random.Random(0).shuffle(batches)
    return batches


def _tokenizer(lines: list[dict[str, str]]) -> PreTrainedTokenizerFast:
    roles = sorted({line["role"] for line in lines})
    pairs = Tokenizer(models.BPE())
    pairs.pre_tokenizer = pre_tokenizers.ByteLevel(add_prefix_space=False)
    pairs.decoder = decoders.ByteLevel()
    special = [END, PAD, *(f"<|{role}|>" for role in roles)]
    alphabet = pre_tokenizers.ByteLevel.alphabet()
    trainer = trainers.BpeTrainer(vocab_size=700, special_tokens=special, initial_alphabet=alphabet)
    pairs.train_from_iterator((line["reply"] for line in lines), trainer)
    return PreTrainedTokenizerFast(tokenizer_object=pairs, eos_token=END, pad_token=PAD, chat_template=TEMPLATE.strip())


def _model(tokenizer: PreTrainedTokenizerFast) -> LlamaForCausalLM:
    torch.manual_seed(0)
    ends = {"eos_token_id": tokenizer.eos_token_id, "pad_token_id": tokenizer.pad_token_id}
    config = LlamaConfig(
        vocab_size=len(tokenizer),
        hidden_size=64,
        intermediate_size=192,
        num_hidden_layers=2,
        num_attention_heads=4,
        max_position_embeddings=4096,
        **ends,
    )
    model = LlamaForCausalLM(config)
    model.generation_config = GenerationConfig(do_sample=True, **ends)
    return model


if __name__ == "__main__":
    main(*map(Path, sys.argv[1:]))
