"""What is kept of calls: for the items that they are about, without secrets and personal data."""

from odoo.addons.retail_hub.connectors.call_log import Call, CallLog, masked_headers, message_of


def test_headers_are_masked():
    headers = {
        "Authorization": "Bearer abc",
        "X-Api-Key": "abc",
        "webhook-signature": "v1,abc",
        "Accept": "a/b",
    }
    assert masked_headers(headers) == {
        "Authorization": "Bearer ***",
        "X-Api-Key": "***",
        "webhook-signature": "***",
        "Accept": "a/b",
    }


def test_calls_are_about_the_items_that_were_named():
    log = CallLog(["1", "2"])
    log.add(Call("GET", "/all"))
    with log.about(["2"]):
        log.add(Call("POST", "/two"))
    assert [call.url for call in log.of("1")] == ["/all"]
    assert [call.url for call in log.of("2")] == ["/all", "/two"]
    assert log.of("3") == ()


def test_the_last_of_many_calls_is_kept():
    log = CallLog(["1"])
    for number in range(50):
        log.add(Call("GET", f"/{number}"))
    assert [call.url for call in log.of("1")] == [*(f"/{number}" for number in range(19)), "/49"]


def test_message():
    assert (
        message_of({"message": "No", "errors": [{"message": "Bad zip"}, {"message": "No"}, 7]})
        == "No\nBad zip"
    )
    assert message_of({"status": 1}) == message_of([1]) == message_of(None) == ""


def test_messages_are_masked_by_all_items():
    log = CallLog(["1", "2"])
    log.add(Call("POST", "/", message="Janssens and Peeters, a@example.com, x9"))
    log.mask_messages([{"lastname": "Janssens"}, {"lastname": "Peeters"}], ["x9"])
    assert log.of("2")[0].message == "*** and ***, a***@e***.com, ***"
