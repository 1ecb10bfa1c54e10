// Who may come in, who is next, and when a reader is too slow.
#include "exporter/web/admission.hpp"

#include <catch2/catch.hpp>

using namespace mw;

namespace {

Address caller(std::uint8_t number) { return Address{{10, 0, 0, number}, false}; }

SteadyTime at(int milliseconds) { return SteadyTime(std::chrono::milliseconds(milliseconds)); }

}  // namespace

TEST_CASE("connections are counted, in total and of each") {
  WebLimits limits;
  limits.connections = 8;
  limits.connections_of_one = 4;
  Admission admission(limits);
  for (int i = 0; i < 3; ++i) admission.enter(caller(1));
  CHECK_FALSE(admission.is_tight(caller(1)));
  admission.enter(caller(1));
  CHECK(admission.is_full_for(caller(1)));
  CHECK(admission.is_tight(caller(1)));
  CHECK_FALSE(admission.is_full_for(caller(2)));
  CHECK_FALSE(admission.is_tight(caller(2)));
  for (std::uint8_t i = 2; i < 6; ++i) admission.enter(caller(i));
  CHECK(admission.is_full());
  CHECK(admission.is_tight(caller(9)));
  admission.leave(caller(1));
  CHECK(admission.open() == 7);
  CHECK(admission.open_of(caller(1)) == 3);
  CHECK_FALSE(admission.is_full());
  CHECK_FALSE(admission.is_full_for(caller(1)));
}

TEST_CASE("who comes by a unix socket counts in total only") {
  WebLimits limits;
  limits.connections = 8;
  limits.connections_of_one = 2;
  Admission admission(limits);
  for (int i = 0; i < 6; ++i) admission.enter(kUnixCaller);
  CHECK_FALSE(admission.is_full_for(kUnixCaller));
  CHECK_FALSE(admission.is_tight(kUnixCaller));
  admission.enter(kUnixCaller);
  CHECK(admission.is_tight(kUnixCaller));
  admission.enter(kUnixCaller);
  CHECK(admission.is_full());
}

TEST_CASE("a crowd from one address makes nobody else wait") {
  Turns turns(2, 100);
  CHECK(turns.take(caller(1)));
  CHECK(turns.take(caller(1)));
  CHECK_FALSE(turns.take(caller(2)));
  for (Turns::Ticket ticket = 1; ticket <= 50; ++ticket) CHECK(turns.queue(caller(1), ticket));
  CHECK(turns.queue(caller(2), 51));
  CHECK(turns.queue(caller(3), 52));
  CHECK(turns.queue(caller(2), 53));
  CHECK(turns.pass_on(caller(1)) == 51);  // 1 has one place, 2 and 3 none; 51 came before 52
  CHECK(turns.pass_on(caller(1)) == 1);   // with none itself it is a caller like the others, and waits longest
  CHECK(turns.pass_on(caller(2)) == 52);
  CHECK(turns.pass_on(caller(1)) == 2);
  CHECK(turns.pass_on(caller(3)) == 53);
  CHECK(turns.waiting() == 48);
  CHECK(turns.taken() == 2);
}

TEST_CASE("places come back, tickets can be given up, queues have an end") {
  Turns turns(1, 2);
  CHECK(turns.take(caller(1)));
  CHECK(turns.queue(caller(2), 1));
  CHECK(turns.queue(caller(2), 2));
  CHECK_FALSE(turns.queue(caller(3), 3));
  turns.give_up(caller(2), 1);
  turns.give_up(caller(2), 1);
  turns.give_up(caller(9), 1);
  CHECK(turns.waiting() == 1);
  CHECK(turns.pass_on(caller(1)) == 2);
  CHECK(turns.pass_on(caller(2)) == 0);
  CHECK(turns.taken() == 0);
  CHECK(turns.take(caller(3)));
}

TEST_CASE("a crowd that waits makes room in the queue for somebody else") {
  Turns turns(1, 3);
  CHECK(turns.displace(caller(2)) == 0);
  CHECK(turns.take(caller(9)));
  CHECK(turns.queue(caller(1), 1));
  CHECK(turns.queue(caller(1), 2));
  CHECK(turns.queue(caller(1), 3));
  CHECK_FALSE(turns.queue(caller(2), 4));
  CHECK(turns.displace(caller(1)) == 0);
  CHECK(turns.displace(caller(2)) == 3);  // who came last
  CHECK(turns.queue(caller(2), 4));
  CHECK(turns.displace(caller(2)) == 0);  // two and one: nobody would gain
  CHECK(turns.displace(caller(3)) == 2);
  CHECK(turns.waiting() == 2);
  CHECK(turns.displace(caller(3)) == 0);
}

TEST_CASE("a reader is too slow, or merely has much to read") {
  using std::chrono::seconds;
  ReaderPace slow(at(0), seconds(10));
  for (int second = 1; second < 10; ++second) {
    slow.took(1, at(second * 1000));
    CHECK_FALSE(slow.is_too_slow(at(second * 1000)));
  }
  CHECK(slow.is_too_slow(at(10'000)));
  ReaderPace large(at(0), seconds(10));
  for (int second = 1; second < 60; ++second) {
    large.took(100'000, at(second * 1000));
    CHECK_FALSE(large.is_too_slow(at(second * 1000)));
  }
  CHECK_FALSE(large.is_too_slow(at(60'000)));
  CHECK(large.is_too_slow(at(70'000)));  // it took nothing in these ten
  CHECK(large.stalled(at(61'500)) == std::chrono::milliseconds(2'500));
}
