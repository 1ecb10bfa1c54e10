// The replies of the API that read the published picture and take a name, or a choice, from the URI. Pure.
#pragma once

#include "exporter/web/routes.hpp"

namespace mw {

WebReply reply_pools(const WebRequest&, const Site&);
WebReply reply_pool(const WebRequest&, const Site&);
WebReply reply_mirror(const WebRequest&, const Site&);
WebReply reply_history(const WebRequest&, const Site&);
WebReply reply_advice(const WebRequest&, const Site&);
WebReply reply_advice_on(const WebRequest&, const Site&);
WebReply reply_targets(const WebRequest&, const Site&);
WebReply reply_openapi(const WebRequest&, const Site&);

/// A reply in JSON.
WebReply json_reply(std::string body);

/// The reply as it fits its path: below /api/ an error is JSON too. For every answer, whoever made it.
WebReply fit_for(std::string_view path, WebReply);

}  // namespace mw
