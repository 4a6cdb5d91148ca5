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
    Purpose,
    Role,
    written,
)
from selfinstruct_chains.config.chain import ChainConfig, NoveltyConfig, RunConfig
from selfinstruct_chains.config.engine import Engine, RayConfig
from selfinstruct_chains.config.filters import (
    EchoFilter,
    Filter,
    KeywordFilter,
    LanguageFilter,
    LengthFilter,
    OpeningFilter,
    RefusalFilter,
    SimpleFilter,
)
from selfinstruct_chains.config.flat import fingerprint, flatten
from selfinstruct_chains.config.languages import (
    UNDETERMINED,
    Family,
    Keywords,
    Language,
    language_name,
    whole_language,
)
from selfinstruct_chains.config.model import (
    ModelConfig,
    Price,
    ServerSettings,
)
from selfinstruct_chains.config.prompt import (
    EXAMPLE_VARIABLES,
    NEEDED_VARIABLES,
    PART_VARIABLES,
    PROMPT_VARIABLES,
    STOP_VARIABLES,
    ChatForm,
    CompletionForm,
    Labels,
    Prompt,
    Prompted,
    Subject,
    Turn,
    variables,
)
from selfinstruct_chains.config.roles import ClassificationRole, InstanceRole, InstancesConfig, InstructionRole
from selfinstruct_chains.config.shaping import NOT_SHAPING, REPLY_CHARACTERS
from selfinstruct_chains.config.subject import Topics
from selfinstruct_chains.config.threshold import Threshold

__all__ = [
    "EXAMPLE_VARIABLES",
    "NEEDED_VARIABLES",
    "NOT_SHAPING",
    "PART_VARIABLES",
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
    "Engine",
    "Family",
    "Filter",
    "Held",
    "InstanceRole",
    "InstancesConfig",
    "InstructionRole",
    "KeywordFilter",
    "Keywords",
    "Kind",
    "Labels",
    "Language",
    "LanguageFilter",
    "LengthFilter",
    "ModelConfig",
    "NoveltyConfig",
    "OpeningFilter",
    "Output",
    "Price",
    "Prompt",
    "Prompted",
    "Purpose",
    "RayConfig",
    "RefusalFilter",
    "Role",
    "RunConfig",
    "ServerSettings",
    "SimpleFilter",
    "Subject",
    "Threshold",
    "Topics",
    "Turn",
    "fingerprint",
    "flatten",
    "language_name",
    "variables",
    "whole_language",
    "written",
]
