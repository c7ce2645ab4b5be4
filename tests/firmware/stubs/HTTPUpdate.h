#ifndef STUB_HTTP_UPDATE_H
#define STUB_HTTP_UPDATE_H
#include <functional>
#include "HTTPClient.h"
#include "WiFiClient.h"
enum HTTPUpdateResult { HTTP_UPDATE_FAILED, HTTP_UPDATE_NO_UPDATES, HTTP_UPDATE_OK };
typedef HTTPUpdateResult t_httpUpdate_return;
typedef std::function<void(HTTPClient *)> HTTPUpdateRequestCB;
class HTTPUpdate {
public:
    void rebootOnUpdate(bool is_wanted);
    t_httpUpdate_return update(WiFiClient &client, const String &host, uint16_t port,
                               const String &uri = "/", const String &version = "",
                               HTTPUpdateRequestCB request = NULL);
};
extern HTTPUpdate httpUpdate;
#endif
