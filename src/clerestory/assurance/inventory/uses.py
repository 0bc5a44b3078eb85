"""Where AI is used: imports, dependencies, addresses of services, model files and tool servers, found in files."""

import json
import re
from collections.abc import Iterator
from posixpath import basename

LIBRARIES = frozenset(
    [
        "torch",
        "tensorflow",
        "keras",
        "jax",
        "flax",
        "sklearn",
        "scikit-learn",
        "xgboost",
        "lightgbm",
        "catboost",
        "onnx",
        "onnxruntime",
        "transformers",
        "sentence-transformers",
        "sentence_transformers",
        "diffusers",
        "peft",
        "vllm",
        "llama-cpp-python",
        "llama_cpp",
        "ctransformers",
        "gpt4all",
        "openai",
        "anthropic",
        "mistralai",
        "cohere",
        "google-generativeai",
        "google.generativeai",
        "google-genai",
        "google.genai",
        "groq",
        "together",
        "replicate",
        "ollama",
        "litellm",
        "langchain",
        "langchain-core",
        "langchain_core",
        "langchain-openai",
        "langchain_openai",
        "langgraph",
        "llama-index",
        "llama_index",
        "haystack-ai",
        "haystack",
        "crewai",
        "autogen",
        "pyautogen",
        "dspy",
        "guidance",
        "semantic-kernel",
        "semantic_kernel",
        "pydantic-ai",
        "pydantic_ai",
        "smolagents",
        "mcp",
        "fastmcp",
        "chromadb",
        "faiss",
        "faiss-cpu",
        "pinecone",
        "weaviate",
        "huggingface-hub",
        "huggingface_hub",
        "fastai",
        "spacy",
        "gensim",
        "prophet",
        "statsmodels",
        "skops",
        "mlflow",
        "river",
        "autogluon",
        "h2o",
        "@anthropic-ai/sdk",
        "@google/generative-ai",
        "@huggingface/inference",
        "@tensorflow/tfjs",
        "@xenova/transformers",
        "@modelcontextprotocol/sdk",
        "@langchain/core",
        "ai",
    ]
)
SERVICES = {
    "api.openai.com": "openai",
    "openai.azure.com": "azure openai",
    "api.anthropic.com": "anthropic",
    "generativelanguage.googleapis.com": "google ai",
    "aiplatform.googleapis.com": "google vertex ai",
    "bedrock-runtime": "amazon bedrock",
    "api.mistral.ai": "mistral",
    "api.cohere": "cohere",
    "api.groq.com": "groq",
    "api.together.xyz": "together",
    "api.replicate.com": "replicate",
    "api-inference.huggingface.co": "hugging face",
    "api.deepseek.com": "deepseek",
    "openrouter.ai": "openrouter",
    "localhost:11434": "ollama",
}
_MODELS = (".onnx", ".safetensors", ".gguf", ".pt", ".pth", ".keras", ".h5", ".tflite", ".mlmodel", ".joblib", ".pkl",
           ".ckpt", ".skops")  # fmt: skip
_IMPORT = re.compile(r"^\s*(?:from\s+([\w.]+)\s+import|import\s+([\w., ]+))", re.M)
_SCRIPT = re.compile(r"""(?:from\s+|require\(\s*|import\s*\(?\s*)["']((?:@[\w.-]+/)?[\w.-]+)[^"']*["']""")
_NAME = re.compile(r"^[\s-]*[\"']?((?:@[\w.-]+/)?[A-Za-z0-9][\w.-]*)")
_QUOTED = re.compile(r"""["']([A-Za-z0-9][\w.-]*)(?:\[[^\]]*\])?\s*(?:[<>=~!^;@].*?)?["']""")
_CODE, _SCRIPTS = (".py", ".pyi", ".ipynb"), (".js", ".ts", ".tsx", ".jsx", ".mjs", ".cjs")
Use = tuple[str, str]
"""Kind and name of what is used."""


def of_name(path: str) -> Iterator[Use]:
    """Yield what a path alone tells: a model file."""
    if path.endswith(_MODELS):
        yield "model file", basename(path)


def of_text(path: str, text: str) -> set[Use]:
    """Return what a file of text uses."""
    found = {("service", name) for host, name in SERVICES.items() if host in text}
    if '"mcpServers"' in text:
        found.update(("tool server", name) for name in _tool_servers(text))
    return found | {("library", name) for name in _named(path, text) if name in LIBRARIES}


def _named(path: str, text: str) -> Iterator[str]:
    file = basename(path)
    if path.endswith(_CODE):
        text = text.replace('\\n"', "\n").replace('"', "\n") if path.endswith(".ipynb") else text
        for match in _IMPORT.finditer(text):
            for module in (match[1] or match[2]).split(","):
                yield from _parents(module.split(" as ")[0].strip())
    elif path.endswith(_SCRIPTS):
        yield from _SCRIPT.findall(text)
    elif file.startswith("requirements") and file.endswith((".txt", ".in")):
        yield from _first_names(text)
    elif file in ("pyproject.toml", "setup.py", "setup.cfg", "Pipfile", "environment.yml"):
        yield from (name.lower() for name in _QUOTED.findall(text))
        yield from _first_names(text)
    elif file == "package.json":
        yield from _packages(text)


def _first_names(text: str) -> list[str]:
    """Return the name that each line begins with: a requirement, or the key of a table."""
    return [found[1].lower() for found in map(_NAME.match, text.splitlines()) if found]


def _parents(module: str) -> Iterator[str]:
    """Yield a module and the packages that it lies in: ``google.generativeai.types`` lies in two."""
    parts = module.split(".")
    yield from (".".join(parts[: at + 1]) for at in range(len(parts)))


def _packages(text: str) -> list[str]:
    try:
        document = json.loads(text)
        return [name for key in ("dependencies", "devDependencies") for name in document.get(key, {})]
    except (ValueError, AttributeError, TypeError):
        return []


def _tool_servers(text: str) -> list[str]:
    try:
        return list(json.loads(text)["mcpServers"])
    except (ValueError, KeyError, TypeError):
        return ["(unreadable)"]
