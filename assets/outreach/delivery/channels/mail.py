"""E-mail to the shop's own staff. Its `Message-ID` is the same for the same message, so what perhaps arrived may be sent again."""

import smtplib
import ssl
from contextlib import suppress
from email.message import EmailMessage
from email.utils import format_datetime, parseaddr

from assets.outreach.delivery.answers import NO_ANSWER, SENT, Answer
from assets.outreach.delivery.http import NOT_REACHED, NOT_TRUSTED
from assets.outreach.delivery.secrets import Secret
from assets.outreach.delivery.texts import Letter
from resources.channels import Channel
from resources.words import Words

SECONDS = 20
TEXT_BYTES = 200_000
TLS_PORT, SUBMISSION_PORT = 465, 587
NO_LOGIN = Answer("broken", Words("邮箱的用户名或密码不对", "the mailbox's user or password is not right"))
NO_TLS = Answer("broken", Words("邮件服务器不支持加密连接", "the mail server offers no TLS"))
NO_SENDER = Answer("broken", Words("邮件服务器不接受发件地址", "the mail server does not take the sender's address"))
NO_SERVICE = Answer("broken", Words("邮件服务器拒绝了连接", "the mail server refuses the connection"))
NOBODY = Answer("broken", Words("邮件服务器不接受任何一个收件地址", "the mail server takes none of the receivers"))
PARTLY = Words("已送达，但有 {0} 个地址不被接受", "sent, but {0} of the addresses were not taken")
LATER = Answer("retry", Words("邮件服务器请稍后再发（{0}）", "the mail server asks to come again ({0})"), 300)
REFUSED = Answer("refused", Words("邮件服务器拒绝了这封邮件（{0}）", "the mail server refused the mail ({0})"))


def send(letter: Letter, channel: Channel, secret: Secret) -> Answer:
    try:
        server = _opened(channel)
        try:
            if channel.user:
                server.login(channel.user, secret.need("password"))
            return _handed_over(server, letter, channel)
        finally:
            # How the parting goes says nothing of the mail.
            with suppress(smtplib.SMTPException, OSError):
                server.quit()
            server.close()
    except smtplib.SMTPAuthenticationError as error:
        return _by_code(error.smtp_code, NO_LOGIN)
    except smtplib.SMTPNotSupportedError:
        return NO_TLS
    except smtplib.SMTPSenderRefused as error:
        return _by_code(error.smtp_code, NO_SENDER)
    except smtplib.SMTPResponseException as error:
        return _by_code(error.smtp_code, NO_SERVICE)
    except ssl.SSLCertVerificationError:
        return NOT_TRUSTED
    except (smtplib.SMTPException, OSError):
        return NOT_REACHED


def _opened(channel: Channel) -> smtplib.SMTP:
    host, context = channel.host or "", ssl.create_default_context()
    if channel.security == "tls":
        return smtplib.SMTP_SSL(host, channel.port or TLS_PORT, timeout=SECONDS, context=context)
    server = smtplib.SMTP(host, channel.port or SUBMISSION_PORT, timeout=SECONDS)
    if channel.security == "starttls":
        try:
            server.starttls(context=context)
        except BaseException:
            server.close()
            raise
    return server


def _handed_over(server: smtplib.SMTP, letter: Letter, channel: Channel) -> Answer:
    server.ehlo_or_helo_if_needed()
    code, _ = server.mail(channel.sender or "")
    if code != 250:
        return _by_code(code, NO_SENDER)
    codes = [server.rcpt(address)[0] for address in channel.to]
    refused = [code for code in codes if code not in (250, 251)]
    if len(refused) == len(codes):
        return _by_code(min(refused), NOBODY)
    try:
        code, _ = server.data(_written(letter, channel).as_bytes())
    except smtplib.SMTPDataError as error:
        return _by_code(error.smtp_code, _refused(error.smtp_code))
    except (smtplib.SMTPException, OSError):
        return NO_ANSWER
    if code != 250:
        return _by_code(code, _refused(code))
    return Answer("sent", PARTLY.format(len(refused))) if refused else SENT


def _written(letter: Letter, channel: Channel) -> EmailMessage:
    mail = EmailMessage()
    mail["Subject"] = letter.title
    mail["From"] = channel.sender
    mail["To"] = ", ".join(channel.to)
    mail["Date"] = format_datetime(letter.put_at)
    mail["Message-ID"] = f"<{letter.key}@{parseaddr(channel.sender or '')[1].rpartition('@')[2] or 'localhost'}>"
    # No holiday replies to what no person wrote.
    mail["Auto-Submitted"] = "auto-generated"
    # Servers on the way need not take eight bits.
    mail.set_content(letter.text(TEXT_BYTES), cte="base64")
    return mail


def _refused(code: int) -> Answer:
    return Answer("refused", REFUSED.words.format(code))


def _by_code(code: int, lasting: Answer) -> Answer:
    """Codes of the fours pass; those of the fives last."""
    return Answer("retry", LATER.words.format(code), LATER.after) if 400 <= code < 500 else lasting
