"""The training itself, by TRL's SFTTrainer: on the answers only, from the newest whole checkpoint on."""

from __future__ import annotations

import time
import warnings
from contextlib import suppress
from pathlib import Path
from typing import TYPE_CHECKING, Any, NamedTuple

from selfinstruct_chains.errors import Interrupted
from selfinstruct_chains.files.extras import needed
from selfinstruct_chains.training.bases import converted, load_model
from selfinstruct_chains.training.place import CHECKPOINTS, last_checkpoint, mark_whole
from selfinstruct_chains.training.stopping import stoppable

if TYPE_CHECKING:
    from collections.abc import Callable

    from selfinstruct_chains.training.encoding import Encoded
    from selfinstruct_chains.training.plan import Plan
    from selfinstruct_chains.training.stopping import Stop

_LOGGED = 50
"""Losses in a curve, about."""


class _NothingLeft(Exception):
    """The checkpoint is that of the last step: transformers' Trainer would do one more."""


class Step(NamedTuple):
    """How far a training has come."""

    number: int
    of: int
    loss: float | None
    """The last that was measured, in nats per token of the answers."""
    seconds: float
    """Since this start began to train."""
    first: int
    """The number of the step that this start went on from."""


class Trained(NamedTuple):
    """A model that was trained, still loaded."""

    model: Any
    """PEFT's around transformers' for LoRA, else transformers'."""
    history: list[dict[str, float]]
    """The log of transformers' Trainer."""
    steps: int
    seconds: float
    """Of this start."""


def train(plan: Plan, out: Path, watch: Callable[[Step], None]) -> Trained:
    """Train to the end, from the newest checkpoint in `out` if there is one.

    Raises:
        ConfigError: a package is missing, or the base can't be read.
        Interrupted: by a signal; the last step is kept as a checkpoint.
    """
    transformers = needed("transformers", "train")
    transformers.logging.set_verbosity_error()
    transformers.logging.disable_progress_bar()
    needed("datasets", "train").disable_progress_bars()
    with stoppable() as stop, warnings.catch_warnings():
        warnings.simplefilter("ignore")  # what other libraries warn of is not the user's to mend
        trainer = _trainer(plan, out)
        trainer.remove_callback(transformers.PrinterCallback)
        trainer.add_callback(_following(stop, watch))
        checkpoint = last_checkpoint(out)
        began = time.monotonic()
        with suppress(_NothingLeft):
            trainer.train(resume_from_checkpoint=str(checkpoint) if checkpoint else None)
    step, of = trainer.state.global_step, trainer.state.max_steps
    if stop.by and step < of:
        raise Interrupted(
            f"by {stop.by} at step {step} of {of}, which is kept: the same command goes on from there",
            exit_code=stop.exit_code,
        )
    return Trained(trainer.model, list(trainer.state.log_history), step, time.monotonic() - began)


def _trainer(plan: Plan, out: Path) -> Any:
    transformers, trl, torch = (needed(name, "train") for name in ("transformers", "trl", "torch"))
    settings = plan.settings
    lora = settings.method == "lora"
    # Weights that are trained themselves stay in 32 bits: AdamW's small steps would be lost in 16.
    dtype = torch.bfloat16 if lora and plan.processor.precision == "bf16" else torch.float32
    model = load_model(converted(plan.base), dtype)
    transformers.set_seed(settings.seed)
    return trl.SFTTrainer(
        model=model,
        args=trl.SFTConfig(**_arguments(plan, out)),
        train_dataset=_dataset(plan.train.kept),
        eval_dataset=_dataset(plan.validation.kept) if plan.validation.kept else None,
        processing_class=plan.tokenizer,
        peft_config=_adapter(plan) if lora else None,
    )


def _arguments(plan: Plan, out: Path) -> dict[str, Any]:
    settings, on_cpu = plan.settings, plan.processor.device == "cpu"
    autocast = plan.processor.precision == "bf16" and (settings.method == "full" or not on_cpu)
    schedule = {"constant": "constant_with_warmup"}.get(settings.schedule, settings.schedule)
    return {
        "output_dir": str(out / CHECKPOINTS),
        "max_length": None,  # what is longer was left out
        "completion_only_loss": True,
        "packing": False,
        "per_device_train_batch_size": settings.batch_size,
        "per_device_eval_batch_size": settings.batch_size,
        "gradient_accumulation_steps": settings.accumulate,
        "num_train_epochs": settings.epochs,
        "max_steps": settings.max_steps or -1,
        "learning_rate": settings.rate,
        "lr_scheduler_type": schedule,
        "warmup_steps": settings.warmup,
        "weight_decay": settings.weight_decay,
        "gradient_checkpointing": settings.gradient_checkpointing,
        "train_sampling_strategy": "group_by_length",
        "seed": settings.seed,
        "data_seed": settings.seed,
        "bf16": autocast,
        "fp16": False,
        "use_cpu": on_cpu,
        "dataloader_pin_memory": not on_cpu,
        "save_steps": settings.checkpoint_every,
        "save_total_limit": settings.checkpoints_kept,
        "eval_strategy": "steps" if plan.validation.kept else "no",
        "eval_steps": settings.checkpoint_every,
        "logging_steps": max(1, plan.steps // _LOGGED),
        "logging_nan_inf_filter": False,
        "report_to": list(settings.report_to) or "none",
        "disable_tqdm": True,
        "log_level": "error",
    }


def _adapter(plan: Plan) -> Any:
    peft, lora = needed("peft", "train"), plan.settings.lora
    targets = lora.targets if isinstance(lora.targets, str) else list(lora.targets)
    return peft.LoraConfig(
        r=lora.rank,
        lora_alpha=lora.alpha,
        lora_dropout=lora.dropout,
        target_modules=targets,
        task_type="CAUSAL_LM",
        base_model_name_or_path=plan.base.name,
    )


def _dataset(examples: list[Encoded]) -> Any:
    """Tokens, and which of them are to be learnt."""
    return needed("datasets", "train").Dataset.from_list(
        [
            {"input_ids": one.ids, "completion_mask": [0] * one.prompt + [1] * (len(one.ids) - one.prompt)}
            for one in examples
        ]
    )


def _following(stop: Stop, watch: Callable[[Step], None]) -> Any:
    """A callback of transformers' Trainer that tells each step, marks checkpoints, and ends when it is wanted."""
    began, first, losses = time.monotonic(), [0], [None]

    def begin(_: Any, __: Any, state: Any, ___: Any, **____: Any) -> None:
        first[0] = state.global_step

    def epoch(_: Any, __: Any, state: Any, ___: Any, **____: Any) -> None:
        if state.global_step >= state.max_steps:
            raise _NothingLeft

    def log(_: Any, __: Any, ___: Any, ____: Any, logs: dict[str, Any], **_____: Any) -> None:
        losses[0] = logs.get("loss", losses[0])

    def step(_: Any, __: Any, state: Any, control: Any, **___: Any) -> None:
        watch(Step(state.global_step, state.max_steps, losses[0], time.monotonic() - began, first[0]))
        if stop.by or state.global_step >= state.max_steps:
            control.should_save = control.should_training_stop = True

    def save(_: Any, args: Any, state: Any, ___: Any, **____: Any) -> None:
        if state.is_world_process_zero:
            mark_whole(Path(args.output_dir) / f"checkpoint-{state.global_step}")

    base = needed("transformers", "train").TrainerCallback
    told = {"on_train_begin": begin, "on_epoch_begin": epoch, "on_log": log, "on_step_end": step, "on_save": save}
    return type("Following", (base,), told)()
