"""An error response, as an exception."""

from .wire import Response, json_response


class Failure(ValueError):
    """``data`` is the JSON body of the response, None for an empty one. ``message`` says what is wrong."""

    def __init__(self, status, data=None, message="", headers=()):
        super().__init__(message or str(data))
        self.status, self.data, self.headers = status, data, headers

    def body(self):
        return self.data

    def response(self):
        body = self.body()
        if body is None:
            return Response(self.status, headers=self.headers)
        return json_response(self.status, body, self.headers)
