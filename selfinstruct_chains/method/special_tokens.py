"""The marks that model families put around what they say: a table of thoughts, answers and turns.

Servers take them off when they know the model; where they don't, or where a model goes on past its turn, they stand in
the reply. Each row has a source: chat templates and reasoning parsers, as they were in 2026.
"""

from __future__ import annotations

import re
from collections import defaultdict
from typing import TYPE_CHECKING, Literal, NamedTuple

if TYPE_CHECKING:
    from collections.abc import Iterable


class Row(NamedTuple):
    """A pair of marks. Either side may have several forms, or none."""

    kind: Literal["thoughts", "answer", "turn"]
    """What stands between them: thoughts before the answer, the answer itself, or somebody's turn."""
    families: str
    opening: tuple[str, ...]
    closing: tuple[str, ...]
    source: str
    is_word: bool = False
    """Its marks are tags that a document may have too, as `<analysis>`."""


_VLLM = "vllm, vllm/reasoning/"
_LLAMA_CPP = "llama.cpp, src/llama-chat.cpp"
_EOG = "llama.cpp, src/llama-vocab.cpp, tokens that end a generation"
_TAGS = "open-webui, reasoning tags"

TABLE: tuple[Row, ...] = (
    Row(
        "thoughts",
        "Qwen, DeepSeek, GLM, Kimi K2, MiniMax M2, Nemotron, Hunyuan, Olmo, EXAONE, SmolLM, MiMo, Ling",
        ("<think>",),
        ("</think>",),
        _VLLM + "basic_parsers.py",
    ),
    Row(
        "thoughts", "Claude's and Gemini's prompts, fine-tunes", ("<thinking>",), ("</thinking>",), _TAGS, is_word=True
    ),
    Row("thoughts", "fine-tunes", ("<thought>", "<thoughts>"), ("</thought>", "</thoughts>"), _TAGS, is_word=True),
    Row("thoughts", "fine-tunes", ("<reasoning>",), ("</reasoning>",), _TAGS, is_word=True),
    Row("thoughts", "fine-tunes", ("<reason>",), ("</reason>",), _TAGS, is_word=True),
    Row("thoughts", "fine-tunes", ("<analysis>",), ("</analysis>",), _TAGS, is_word=True),
    Row("thoughts", "fine-tunes", ("<reflection>",), ("</reflection>",), _TAGS, is_word=True),
    Row("thoughts", "Magistral, Ministral", ("[THINK]",), ("[/THINK]",), _VLLM + "mistral_reasoning_parser.py"),
    Row("thoughts", "Seed-OSS", ("<seed:think>",), ("</seed:think>",), _VLLM + "seedoss_reasoning_parser.py"),
    Row("thoughts", "MiniMax M3", ("<mm:think>",), ("</mm:think>",), _VLLM + "minimax_m3_reasoning_parser.py"),
    Row("thoughts", "Hunyuan 3", ("<think:opensource>",), ("</think:opensource>",), "tencent/Hy3, chat template"),
    Row("thoughts", "Kimi-VL", ("◁think▷",), ("◁/think▷",), "MoonshotAI/Kimi-VL, issue 45"),
    Row(
        "thoughts",
        "Kimi K3",
        ("<|open|>think<|sep|>",),
        ("<|close|>think<|sep|>",),
        "llama.cpp, models/templates/Kimi-K3.jinja",
    ),
    Row(
        "thoughts",
        "Cohere Command A and R7B",
        ("<|START_THINKING|>",),
        ("<|END_THINKING|>",),
        _VLLM + "cohere_command_reasoning_parser.py",
    ),
    Row("thoughts", "Gemma 4", ("<|channel>thought", "<|channel>"), ("<channel|>",), _VLLM + "gemma4_utils.py"),
    Row("thoughts", "Solar Open", ("<|think:start|>",), ("<|think:end|>",), _VLLM + "solar_open2_reasoning_parser.py"),
    Row("thoughts", "fine-tunes", ("<|think|>", "<|thinking|>"), ("<|/think|>", "<|/thinking|>"), _TAGS),
    Row("thoughts", "Apertus", ("<|inner_prefix|>",), ("<|inner_suffix|>",), _VLLM + "apertus_reasoning_parser.py"),
    Row("thoughts", "Pangu", ("[unused16]",), ("[unused17]",), _VLLM + "pangu_reasoning_parser.py"),
    Row(
        "thoughts",
        "OpenThinker, Sky-T1",
        ("<|begin_of_thought|>",),
        ("<|end_of_thought|>",),
        "OpenThoughts-114k, system prompt",
    ),
    Row(
        "thoughts",
        "Granite 3.2",
        ("Here is my thought process:", "Here's my thought process:"),
        ("Here is my response:", "Here's my response:"),
        _VLLM + "granite_reasoning_parser.py",
    ),
    Row(
        "thoughts",
        "Apriel",
        ("Here are my reasoning steps:",),
        ("[BEGIN FINAL RESPONSE]",),
        "llama.cpp, models/templates/Apriel-1.6-15b-Thinker-fixed.jinja",
    ),
    Row("answer", "Apriel", ("[BEGIN FINAL RESPONSE]",), ("[END FINAL RESPONSE]",), "as above"),
    Row("answer", "Hunyuan", ("<answer>",), ("</answer>",), _VLLM + "hunyuan_a13b_reasoning_parser.py"),
    Row("answer", "Granite 3.3", ("<response>",), ("</response>",), "ibm-granite, chat template of granite-3.3"),
    Row("answer", "Cohere Command A", ("<|START_RESPONSE|>",), ("<|END_RESPONSE|>",), "as its thoughts"),
    Row("answer", "Cohere Command R7B", ("<|START_TEXT|>",), ("<|END_TEXT|>",), "as its thoughts"),
    Row("answer", "Kimi K3", ("<|open|>response<|sep|>",), ("<|close|>response<|sep|>",), "as its thoughts"),
    Row("answer", "OpenThinker", ("<|begin_of_solution|>",), ("<|end_of_solution|>",), "as its thoughts"),
    Row("answer", "GLM-4.1V", ("<|begin_of_box|>",), ("<|end_of_box|>",), "zai-org/GLM-V, README"),
    Row("turn", "Qwen, Yi, LFM, SmolLM, Phi 4, ChatML fine-tunes", ("<|im_start|>",), ("<|im_end|>",), _LLAMA_CPP),
    Row(
        "turn",
        "Kimi K2",
        ("<|im_system|>", "<|im_user|>", "<|im_assistant|>", "<|im_middle|>"),
        ("[EOT]", "[EOS]"),
        _LLAMA_CPP,
    ),
    Row("turn", "Kimi K3", ("<|open|>message",), ("<|close|>message<|sep|>", "<|end_of_msg|>"), "as its thoughts"),
    Row("turn", "Llama 2, Mistral, Mixtral, Orion, Vicuna", ("<s>",), ("</s>",), _LLAMA_CPP),
    Row("turn", "Llama 2, Mistral", ("[INST]",), ("[/INST]",), _LLAMA_CPP),
    Row("turn", "Llama 2", ("<<SYS>>",), ("<</SYS>>",), _LLAMA_CPP),
    Row("turn", "Mistral v7", ("[SYSTEM_PROMPT]",), ("[/SYSTEM_PROMPT]",), _LLAMA_CPP),
    Row("turn", "Llama 3", ("<|begin_of_text|>",), ("<|end_of_text|>",), _LLAMA_CPP),
    Row("turn", "Llama 3", ("<|start_header_id|>",), ("<|eot_id|>", "<|eom_id|>"), _LLAMA_CPP),
    Row("turn", "Llama 4", ("<|header_start|>",), ("<|eot|>", "<|eom|>"), _LLAMA_CPP),
    Row("turn", "Gemma 1 to 3", ("<start_of_turn>",), ("<end_of_turn>",), _LLAMA_CPP),
    Row("turn", "Gemma", ("<bos>",), ("<eos>",), _EOG),
    Row("turn", "Gemma 4", ("<|turn>",), ("<turn|>", "<|tool_response>"), _VLLM + "gemma4_utils.py"),
    Row(
        "turn",
        "Phi 3, Zephyr, GLM 4, Falcon 3, gpt-oss",
        ("<|user|>", "<|assistant|>", "<|system|>", "<|tool|>", "<|observation|>", "<|start|>"),
        ("<|end|>", "<|return|>", "<|call|>"),
        _LLAMA_CPP,
    ),
    Row("turn", "GLM", ("[gMASK]<sop>", "[gMASK]", "<sop>"), ("<eop>",), _LLAMA_CPP),
    Row("turn", "GPT-2, Qwen, Phi, Falcon, GLM, StableLM", ("<|startoftext|>",), ("<|endoftext|>",), _EOG),
    Row("turn", "OpenChat", (), ("<|end_of_turn|>",), _LLAMA_CPP),
    Row("turn", "DeepSeek Coder", (), ("<|EOT|>",), _LLAMA_CPP),
    Row("turn", "CodeLlama", (), ("<EOT>",), _EOG),
    Row(
        "turn",
        "DeepSeek V2 to V4, R1",
        ("<\uff5cbegin▁of▁sentence\uff5c>", "<\uff5cUser\uff5c>", "<\uff5cAssistant\uff5c>"),
        ("<\uff5cend▁of▁sentence\uff5c>", "<|end▁of▁sentence|>"),
        _LLAMA_CPP,
    ),
    Row(
        "turn",
        "Cohere",
        ("<BOS_TOKEN>", "<|START_OF_TURN_TOKEN|>", "<|CHATBOT_TOKEN|>", "<|USER_TOKEN|>", "<|SYSTEM_TOKEN|>"),
        ("<|END_OF_TURN_TOKEN|>", "<EOS_TOKEN>"),
        _LLAMA_CPP,
    ),
    Row("turn", "Granite", ("<|start_of_role|>",), ("<|end_of_text|>",), _LLAMA_CPP),
    Row("turn", "EXAONE", ("[|assistant|]", "[|user|]", "[|system|]", "[|tool|]"), ("[|endofturn|]",), _LLAMA_CPP),
    Row("turn", "GigaChat", (), ("<|message_sep|>",), _LLAMA_CPP),
    Row("turn", "Megrez", ("<|role_start|>",), ("<|turn_end|>",), _LLAMA_CPP),
    Row("turn", "Ling 2", (), ("<|role_end|>",), "inclusionAI, chat template of Ling-flash-2.0"),
    Row("turn", "SmolVLM, SmolDocling", (), ("<end_of_utterance>",), _LLAMA_CPP),
    Row(
        "turn",
        "dots.llm",
        ("<|userprompt|>", "<|response|>"),
        ("<|endofresponse|>", "<|endofuserprompt|>", "<|endofsystem|>"),
        _LLAMA_CPP,
    ),
    Row("turn", "Hunyuan A13B", (), ("<|eos|>", "<|extra_0|>", "<|extra_4|>"), _LLAMA_CPP),
    Row(
        "turn",
        "Hunyuan",
        ("<\uff5chy_begin▁of▁sentence\uff5c>", "<\uff5chy_User\uff5c>", "<\uff5chy_Assistant\uff5c>"),
        ("<\uff5chy_place▁holder▁no▁2\uff5c>", "<\uff5chy_place▁holder▁no▁8\uff5c>"),
        _LLAMA_CPP,
    ),
    Row("turn", "MiniMax M2", ("]~!b[", "]~b]"), ("[e~[",), "llama.cpp, models/templates/unsloth-MiniMax-M2.jinja"),
    Row("turn", "Seed-OSS", ("<seed:bos>",), ("<seed:eos>",), "llama.cpp, models/templates/ByteDance-Seed-OSS.jinja"),
    Row("turn", "Solar Open", (), ("<|flush|>", "<|calls|>"), _EOG),
    Row("turn", "all, in a batch", (), ("<pad>", "<|pad|>", "[PAD]"), "transformers, pad tokens"),
)
"""Every pair. Whether a text speaks of a mark is told by what stands around it: `mentions`."""


def either(marks: Iterable[str]) -> str:
    """A regular expression for any of these marks, the longest that fits; those that begin alike are tried together."""
    alike: defaultdict[str, list[str]] = defaultdict(list)
    for mark in sorted(set(marks), key=len, reverse=True):
        alike[mark[:2]].append(re.escape(mark[2:]))
    return "|".join(f"{re.escape(start)}(?:{'|'.join(rests)})" for start, rests in alike.items())
