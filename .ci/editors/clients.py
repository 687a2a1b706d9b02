"""Real client libraries against real servers over pipes: pytest-lsp as VS Code, Neovim and Emacs introduce themselves,
and efm-langserver with the README's configuration. Run in a directory with template.yaml and efm.yaml."""
import asyncio
import shutil
from pathlib import Path

import pytest
import pytest_lsp
from lsprotocol import types
from pytest_lsp import ClientServerConfig, LanguageClient, client_capabilities

HERE = Path.cwd()
TEXT = (HERE / "template.yaml").read_text()
URI = (HERE / "template.yaml").as_uri()
CLIENTS = ["visual-studio-code", "neovim@v0.11", "neovim@v0.6", "emacs"]


def place(text, needle, offset=0):
    """The position of a text, in UTF-16."""
    at = text.index(needle) + offset
    line = text.count("\n", 0, at)
    before = text[text.rfind("\n", 0, at) + 1 : at]
    return types.Position(line=line, character=len(before.encode("utf-16-le")) // 2)


async def told(client, holds, what):
    """Waits until what is published holds."""
    for _ in range(400):
        if holds({it.code or it.message: it for it in client.diagnostics.get(URI, [])}):
            return
        await asyncio.sleep(0.05)
    raise AssertionError(f"{what}: {[it.message for it in client.diagnostics.get(URI, [])]}")


def opened(client, language="yaml"):
    document = types.TextDocumentItem(uri=URI, language_id=language, version=1, text=TEXT)
    client.text_document_did_open(types.DidOpenTextDocumentParams(text_document=document))


def changed(client, version, start, end, text):
    change = types.TextDocumentContentChangePartial(range=types.Range(start=start, end=end), text=text)
    document = types.VersionedTextDocumentIdentifier(uri=URI, version=version)
    client.text_document_did_change(types.DidChangeTextDocumentParams(text_document=document, content_changes=[change]))


def this():
    return types.TextDocumentIdentifier(uri=URI)


@pytest_lsp.fixture(params=CLIENTS, config=ClientServerConfig(server_command=["strongroom", "lsp"]))
async def client(request, lsp_client: LanguageClient):
    capabilities = client_capabilities(request.param)
    # Columns are counted here in UTF-16, which every client and server must know.
    if capabilities.general:
        capabilities.general.position_encodings = [types.PositionEncodingKind.Utf16]
    watched = []
    lsp_client.feature("client/registerCapability")(lambda params: watched.extend(params.registrations))
    folders = [types.WorkspaceFolder(uri=HERE.as_uri(), name="here")]
    params = types.InitializeParams(capabilities=capabilities, workspace_folders=folders)
    answer = await lsp_client.initialize_session(params)
    sync = answer.capabilities.text_document_sync
    assert sync.open_close and sync.save and sync.change == types.TextDocumentSyncKind.Incremental
    yield
    # Nothing but the watching of files may be registered later: clients break on that.
    assert {it.method for it in watched} <= {"workspace/didChangeWatchedFiles"}
    await lsp_client.shutdown_session()


@pytest.mark.asyncio
async def test_a_session(client: LanguageClient):
    opened(client)
    await told(client, lambda it: "key-rotation" in it and "vault-customer-key" in it, "nothing at opening")
    found = next(it for it in client.diagnostics[URI] if it.code == "key-rotation")
    start, end = place(TEXT, "Rotation: false", 10), place(TEXT, "Rotation: false", 15)
    assert (found.range.start, found.range.end) == (start, end)
    vault = next(it for it in client.diagnostics[URI] if it.code == "vault-customer-key")
    assert len(vault.related_information) >= 3

    changed(client, 2, start, end, "true")
    await told(client, lambda it: "key-rotation" not in it, "it stays when it is mended")
    changed(client, 3, start, types.Position(start.line, start.character + 4), "false")
    await told(client, lambda it: "key-rotation" in it, "it does not come back")

    at = place(TEXT, "EncryptionKeyArn", 3)
    hover = await client.text_document_hover_async(types.HoverParams(text_document=this(), position=at))
    assert "Whose key" in hover.contents.value and "when UseCmk is" in hover.contents.value
    params = types.DefinitionParams(text_document=this(), position=place(TEXT, "!Ref AWS::NoValue", 3))
    places = await client.text_document_definition_async(params)
    assert place(TEXT, "'false'") in [it.range.start for it in places]

    context = types.CodeActionContext(diagnostics=[found])
    params = types.CodeActionParams(text_document=this(), range=found.range, context=context)
    actions = await client.text_document_code_action_async(params)
    fix = next(it for it in actions if it.is_preferred)
    (edit,) = fix.edit.changes[URI]
    assert (edit.range.start, edit.range.end, edit.new_text) == (start, end, "true")
    assert any(it.title.startswith("Ignore key-rotation") for it in actions)
    changed(client, 4, edit.range.start, edit.range.end, edit.new_text)
    await told(client, lambda it: "key-rotation" not in it and "vault-customer-key" in it, "the action mends nothing")

    client.text_document_did_save(types.DidSaveTextDocumentParams(text_document=this()))
    client.text_document_did_close(types.DidCloseTextDocumentParams(text_document=this()))
    await told(client, lambda it: not it, "findings stay after closing")


EFM = shutil.which("efm-langserver")


@pytest_lsp.fixture(config=ClientServerConfig(server_command=[EFM or "efm-langserver", "-q", "-c", str(HERE / "efm.yaml")]))
async def efm(lsp_client: LanguageClient):
    capabilities = client_capabilities("visual-studio-code")
    await lsp_client.initialize_session(types.InitializeParams(capabilities=capabilities, root_uri=HERE.as_uri()))
    yield
    try:
        await lsp_client.shutdown_session()
    except RuntimeError as left:
        # efm-langserver leaves before it answers.
        assert "return code: 0" in str(left)


@pytest.mark.asyncio
async def test_efm(efm: LanguageClient):
    opened(efm)
    rules = lambda it: {rule for text in it for rule in ("key-rotation", "vault-customer-key") if f"[{rule}]" in text}
    await told(efm, lambda it: len(rules(it)) == 2, "nothing at opening")
    by_rule = {it.message.split("[")[-1].rstrip("]"): it for it in efm.diagnostics[URI]}
    assert by_rule["vault-customer-key"].severity == types.DiagnosticSeverity.Error
    assert by_rule["key-rotation"].severity == types.DiagnosticSeverity.Warning
    assert by_rule["key-rotation"].range.start == place(TEXT, "Rotation: false", 10)
    text = TEXT.replace("Rotation: false", "Rotation: true")
    change = types.TextDocumentContentChangeWholeDocument(text=text)
    document = types.VersionedTextDocumentIdentifier(uri=URI, version=2)
    efm.text_document_did_change(types.DidChangeTextDocumentParams(text_document=document, content_changes=[change]))
    await told(efm, lambda it: rules(it) == {"vault-customer-key"}, "it stays when it is mended")
