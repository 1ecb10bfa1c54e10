// One mail over SMTP, on a thread where libcurl may wait. Shows nothing of libcurl.
#pragma once

#include <memory>

#include "probes/live_loop.hpp"
#include "probes/net.hpp"

namespace mw {

/// The threads on which conversations with mail servers are held, a few at a time.
class PostOffice;

/// To be called on the loop's thread, before which nothing else of libcurl may be starting up elsewhere.
std::shared_ptr<PostOffice> make_post_office();
/// Ends the conversations under way, within a second; none begins any more.
void close_counters(PostOffice&);
/// Waits for their end. Call before the loop goes.
void end(PostOffice&);

Task<Receipt> live_submit(std::shared_ptr<LiveLoop>, std::shared_ptr<PostOffice>, Letter);

}  // namespace mw
