"""Jobs of the outbox: e-mail and webhooks that wait."""

from clerestory.desk.notice import mail, post
from clerestory.store import clock


def send_mail() -> None:
    """Send the e-mail that is due."""
    mail.send_mail(now=clock.now(), clock=clock.now)


def post_webhooks() -> None:
    """Post the webhooks that are due."""
    post.post_webhooks(now=clock.now(), clock=clock.now)
