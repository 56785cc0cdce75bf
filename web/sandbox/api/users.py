"""People's actions and views: `/sandbox/api/users/<id>/…` and the files in their chats."""

from flask import Blueprint, Response, jsonify, request

from web.sandbox.api.body import json_body, optional_text
from web.sandbox.errors import SandboxError
from web.sandbox.examples import example
from web.sandbox.telegram.call import Upload
from web.sandbox.telegram.emulator import Telegram
from web.sandbox.telegram.people import MAX_USER_ID, PROFILE, Posted
from web.sandbox.wire import Json

MAX_CALLBACK_TEXT = 4096


def mount(blueprint: Blueprint, telegram: Telegram) -> None:
    """Add the routes."""
    _mount_writing(blueprint, telegram)
    _mount_examples(blueprint, telegram)
    _mount_reading(blueprint, telegram)

    @blueprint.patch("/users/<int:user_id>")
    def change(user_id: int) -> Response:
        return jsonify(user=telegram.people.change(user_id, _profile(json_body())))

    @blueprint.post("/users/<int:user_id>/block")
    def block(user_id: int) -> Response:
        return _blocked(telegram, user_id, True)

    @blueprint.post("/users/<int:user_id>/unblock")
    def unblock(user_id: int) -> Response:
        return _blocked(telegram, user_id, False)


def _mount_writing(blueprint: Blueprint, telegram: Telegram) -> None:
    @blueprint.post("/users/<int:user_id>/messages")
    def write(user_id: int) -> Response:
        if request.mimetype == "multipart/form-data":
            return jsonify(_send_document(telegram, user_id).as_json())
        body = json_body()
        posted = telegram.people.say(
            user_id,
            body.get("text"),
            profile=_profile(body),
            bot_name=optional_text(body, "bot"),
            reply_to=_number(body.get("reply_to")),
            group_id=_group(body.get("group")),
        )
        return jsonify(posted.as_json())

    @blueprint.patch("/users/<int:user_id>/messages/<int:message_id>")
    def edit(user_id: int, message_id: int) -> Response:
        body = json_body()
        text = str(body.get("text", "")).strip()
        if not text:
            raise SandboxError("text is missing or empty.")
        bot, group_id = optional_text(body, "bot"), _group(body.get("group"))
        posted = telegram.people.edit(user_id, message_id, text, bot_name=bot, group_id=group_id)
        return jsonify(posted.as_json())

    @blueprint.post("/users/<int:user_id>/callbacks")
    def press(user_id: int) -> Response:
        body = json_body()
        message_id, pressed = body.get("message_id"), body.get("data")
        if isinstance(message_id, bool) or not isinstance(message_id, int) or not 0 < message_id <= MAX_USER_ID:
            raise SandboxError("message_id is a whole number above zero.")
        if not isinstance(pressed, str) or len(pressed) > MAX_CALLBACK_TEXT:
            raise SandboxError(f"data is a text of at most {MAX_CALLBACK_TEXT} characters.")
        bot, group_id = optional_text(body, "bot"), _group(body.get("group"))
        posted = telegram.people.press(user_id, message_id, pressed, bot_name=bot, group_id=group_id)
        return jsonify(posted.as_json())


def _mount_examples(blueprint: Blueprint, telegram: Telegram) -> None:
    @blueprint.post("/users/<int:user_id>/examples/<name>")
    def send_example(user_id: int, name: str) -> Response:
        return jsonify(telegram.people.send_document(user_id, example(name), caption="", profile={}).as_json())


def _send_document(telegram: Telegram, user_id: int) -> Posted:
    upload = request.files.get("document")
    if upload is None:
        raise SandboxError("There is no file named document in the form.")
    fields: Json = dict(request.form)
    return telegram.people.send_document(
        user_id,
        Upload(upload.filename or "file", upload.read()),
        caption=str(fields.get("caption", "")),
        profile=_profile(fields),
        bot_name=optional_text(fields, "bot"),
        kind=str(fields.get("kind") or "document"),
        album=str(fields.get("album", ""))[:64],
        reply_to=_number(fields.get("reply_to")),
        group_id=_group(fields.get("group")),
    )


def _mount_reading(blueprint: Blueprint, telegram: Telegram) -> None:
    @blueprint.get("/users/<int:user_id>/chat")
    def chat(user_id: int) -> Response:
        view = telegram.view(
            user_id,
            bot_name=request.args.get("bot"),
            group_id=_group(request.args.get("group")),
            after_version=request.args.get("after_version", type=int),
            settled="settled" in request.args,
            wait_s=request.args.get("wait", 0, type=int),
        )
        return jsonify(view)

    @blueprint.get("/groups/<int(signed=True):group_id>/chat")
    def group(group_id: int) -> Response:
        return jsonify(telegram.view(group_id))

    @blueprint.get("/files/<file_id>")
    def file(file_id: str) -> Response:
        stored, content = telegram.file(file_id)
        if stored.width:
            return Response(content, mimetype=stored.mime_type, headers={"Cache-Control": "private, max-age=3600"})
        reply = Response(content, mimetype="application/octet-stream")
        reply.headers.set("Content-Disposition", "attachment", filename=stored.name)
        return reply


def _group(value: object) -> int | None:
    """Read the number of a group. Raises: SandboxError."""
    if value is None:
        return None
    digits = str(value).removeprefix("-")
    if isinstance(value, bool) or not (digits.isascii() and digits.isdigit() and len(digits) < 17):
        raise SandboxError("group is the number of a group.")
    return int(str(value))


def _number(value: object) -> int | None:
    text = str(value or "")
    return int(text) if text.isascii() and text.isdigit() and len(text) < 16 else None


def _profile(body: Json) -> Json:
    return {key: body[key] for key in PROFILE if key in body}


def _blocked(telegram: Telegram, user_id: int, blocked: bool) -> Response:
    posted = telegram.people.block(user_id, blocked, bot_name=optional_text(json_body(), "bot"))
    return jsonify(blocked=blocked, **(posted.as_json() if posted else {}))
