"""The types of a chain file: one frozen, closed model for each of its sections, with their defaults and limits.

`files.chain.load_config` reads the YAML; a `ChainConfig` is complete: each role has its whole model and prompt.
"""

from selfinstruct_chains.config.base import (
    ROLES,
    Asked,
    Closed,
    Held,
    Kind,
    Output,
    Role,
    written,
)
from selfinstruct_chains.config.chain import (
    NOT_SHAPING,
    REPLY_CHARACTERS,
    ChainConfig,
    ClassificationRole,
    InstanceRole,
    InstancesConfig,
    InstructionRole,
    NoveltyConfig,
    RunConfig,
    fingerprint,
    flatten,
)
from selfinstruct_chains.config.filters import (
    EchoFilter,
    Filter,
    KeywordFilter,
    LengthFilter,
    OpeningFilter,
    RefusalFilter,
    SimpleFilter,
)
from selfinstruct_chains.config.languages import (
    UNDETERMINED,
    Family,
    Keywords,
    Language,
)
from selfinstruct_chains.config.model import (
    ModelConfig,
    Price,
    ServerSettings,
)
from selfinstruct_chains.config.prompt import (
    EXAMPLE_VARIABLES,
    NEEDED_VARIABLES,
    PROMPT_VARIABLES,
    STOP_VARIABLES,
    ChatForm,
    CompletionForm,
    Prompt,
    Prompted,
    Turn,
    variables,
)
from selfinstruct_chains.config.threshold import Threshold

__all__ = [
    "EXAMPLE_VARIABLES",
    "NEEDED_VARIABLES",
    "NOT_SHAPING",
    "PROMPT_VARIABLES",
    "REPLY_CHARACTERS",
    "ROLES",
    "STOP_VARIABLES",
    "UNDETERMINED",
    "Asked",
    "ChainConfig",
    "ChatForm",
    "ClassificationRole",
    "Closed",
    "CompletionForm",
    "EchoFilter",
    "Family",
    "Filter",
    "Held",
    "InstanceRole",
    "InstancesConfig",
    "InstructionRole",
    "KeywordFilter",
    "Keywords",
    "Kind",
    "Language",
    "LengthFilter",
    "ModelConfig",
    "NoveltyConfig",
    "OpeningFilter",
    "Output",
    "Price",
    "Prompt",
    "Prompted",
    "RefusalFilter",
    "Role",
    "RunConfig",
    "ServerSettings",
    "SimpleFilter",
    "Threshold",
    "Turn",
    "fingerprint",
    "flatten",
    "variables",
    "written",
]
