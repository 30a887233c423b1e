#include "net/connection.h"

#include <gtest/gtest.h>
#include <sys/socket.h>
#include <unistd.h>

#include <string>

#include "net/hello.h"
#include "tests/net/loopback.h"

namespace paxos::net {
namespace {

using std::chrono::milliseconds;

constexpr FrameType kType = FrameType::kClientRequest;

class ConnectionTest : public testing::Test {
 protected:
  bool Run(const std::function<bool()>& done) { return runtime_.RunUntil(done, kLong); }

  // A stranger's end of a connection that this side has not admitted.
  std::unique_ptr<Connection> Greeting(int fd, const ConnectionOptions& options = {}) {
    auto connection = std::make_unique<Connection>(runtime_, fd, options);
    connection->SetHandler(recorder_);
    return connection;
  }

  Runtime runtime_;
  Recorder recorder_;
};

TEST_F(ConnectionTest, DeliversFramesInOrder) {
  Ends ends(runtime_, ConnectedTcpSockets());
  for (int i = 0; i < 1000; ++i) EXPECT_TRUE(ends.a->Send(kType, 7, Bytes(std::to_string(i))));
  EXPECT_TRUE(Run([&] { return ends.at_b.frames.size() == 1000; }));
  for (std::size_t i = 0; i < 1000; ++i) {
    EXPECT_EQ(ends.at_b.frames[i], (ReceivedFrame{kType, 7, std::to_string(i)}));
  }
}

TEST_F(ConnectionTest, GoesBothWaysAtOnce) {
  Ends ends(runtime_, ConnectedTcpSockets());
  EXPECT_TRUE(ends.a->Send(kType, 0, Bytes("to b")));
  EXPECT_TRUE(ends.b->Send(kType, 0, Bytes("to a")));
  EXPECT_TRUE(Run([&] { return !ends.at_a.frames.empty() && !ends.at_b.frames.empty(); }));
  EXPECT_EQ(ends.at_a.frames[0].payload, "to a");
  EXPECT_EQ(ends.at_b.frames[0].payload, "to b");
}

// A datagram-like socket keeps the boundaries of writes, so that they can be counted.
TEST_F(ConnectionTest, WritesAllFramesOfATurnWithOneCall) {
  int ends[2];
  ASSERT_EQ(::socketpair(AF_UNIX, SOCK_SEQPACKET, 0, ends), 0);
  const auto connection = Greeting(ends[0]);
  for (int i = 0; i < 100; ++i) EXPECT_TRUE(connection->Send(kType, 0, Bytes("frame")));
  EXPECT_EQ(connection->queued_bytes(), 100 * (kFrameHeaderBytes + 5));
  EXPECT_TRUE(Run([&] { return connection->queued_bytes() == 0; }));
  char buffer[8192];
  EXPECT_EQ(::recv(ends[1], buffer, sizeof buffer, MSG_DONTWAIT), 100 * (kFrameHeaderBytes + 5));
  EXPECT_EQ(::recv(ends[1], buffer, sizeof buffer, MSG_DONTWAIT), -1);
  ::close(ends[1]);
}

TEST_F(ConnectionTest, CarriesFramesLargerThanAnyBuffer) {
  Ends ends(runtime_, ConnectedTcpSockets());
  std::string large(kFramePayloadBytesMax, 'x');
  for (std::size_t i = 0; i < large.size(); ++i) large[i] = static_cast<char>(i * 31 >> 3);
  for (int i = 0; i < 5; ++i) EXPECT_TRUE(ends.a->Send(kType, 0, Bytes(large)));
  EXPECT_TRUE(Run([&] { return ends.at_b.frames.size() == 5; }));
  for (const ReceivedFrame& frame : ends.at_b.frames) EXPECT_TRUE(frame.payload == large);
}

TEST_F(ConnectionTest, QueuesNothingThatNoReceiverTakes) {
  Ends ends(runtime_, ConnectedTcpSockets());
  EXPECT_FALSE(ends.a->Send(kType, 0, Bytes(std::string(kFramePayloadBytesMax + 1, 'x'))));
  EXPECT_TRUE(ends.a->Send(kType, 0, Bytes("next")));
  EXPECT_TRUE(Run([&] { return !ends.at_b.frames.empty(); }));
  EXPECT_EQ(ends.at_b.frames[0].payload, "next");
}

TEST_F(ConnectionTest, HandsTheNextFramesToANewHandler) {
  Ends ends(runtime_, ConnectedTcpSockets());
  Recorder second;
  ends.at_b.when_frame = [&](Connection& b, const Frame&) { b.SetHandler(second); };
  for (const char* payload : {"1", "2", "3"}) ends.a->Send(kType, 0, Bytes(payload));
  EXPECT_TRUE(Run([&] { return second.frames.size() == 2; }));
  EXPECT_EQ(ends.at_b.frames.size(), 1U);
}

// ---- closing

TEST_F(ConnectionTest, TellsWhenTheOtherSideCloses) {
  Ends ends(runtime_, ConnectedTcpSockets());
  ends.b.reset();
  EXPECT_TRUE(Run([&] { return !ends.at_a.closed.empty(); }));
  EXPECT_EQ(ends.at_a.closed,
            std::vector<Status>{Status(ErrorCode::kUnavailable, "closed by the other side")});
  EXPECT_FALSE(ends.a->is_open());
  EXPECT_FALSE(ends.a->Send(kType, 0, Bytes("late")));
  EXPECT_TRUE(ends.at_b.closed.empty());  // who destroys a connection needs no news of it
}

TEST_F(ConnectionTest, DeliversWhatCameBeforeTheEnd) {
  Ends ends(runtime_, ConnectedTcpSockets());
  ends.a->Send(kType, 0, Bytes("last words"));
  ends.a->CloseAfterFlush(Status(ErrorCode::kUnavailable, "done"));
  EXPECT_TRUE(Run([&] { return !ends.at_b.closed.empty(); }));
  ASSERT_EQ(ends.at_b.frames.size(), 1U);
  EXPECT_EQ(ends.at_b.frames[0].payload, "last words");
  EXPECT_EQ(ends.at_a.closed, std::vector<Status>{Status(ErrorCode::kUnavailable, "done")});
}

// A peer that shuts down its sending half can promise nothing any more: the connection is over.
TEST_F(ConnectionTest, AHalfClosedConnectionIsClosed) {
  const auto [mine, theirs] = ConnectedTcpSockets();
  const auto connection = Greeting(mine);
  ::shutdown(theirs, SHUT_WR);
  EXPECT_TRUE(Run([&] { return !recorder_.closed.empty(); }));
  char byte = 0;
  EXPECT_EQ(::recv(theirs, &byte, 1, 0), 0);
  ::close(theirs);
}

TEST_F(ConnectionTest, TellsItsOwnCloseFromTheLoopOnly) {
  Ends ends(runtime_, ConnectedTcpSockets());
  ends.a->Close(Status(ErrorCode::kConflict, "mine"));
  EXPECT_FALSE(ends.a->is_open());
  EXPECT_TRUE(ends.at_a.closed.empty());
  EXPECT_TRUE(Run([&] { return !ends.at_a.closed.empty() && !ends.at_b.closed.empty(); }));
  EXPECT_EQ(ends.at_a.closed, std::vector<Status>{Status(ErrorCode::kConflict, "mine")});
}

TEST_F(ConnectionTest, ClosesForTheReasonThatTheHandlerReturns) {
  Ends ends(runtime_, ConnectedTcpSockets());
  ends.at_b.answer = Status(ErrorCode::kNotPermitted, "no");
  ends.a->Send(kType, 0, Bytes("1"));
  ends.a->Send(kType, 0, Bytes("2"));
  EXPECT_TRUE(Run([&] { return !ends.at_b.closed.empty(); }));
  EXPECT_EQ(ends.at_b.frames.size(), 1U);  // nothing after the refusal
  EXPECT_EQ(ends.at_b.closed[0].code(), ErrorCode::kNotPermitted);
}

TEST_F(ConnectionTest, MayBeDestroyedByItsHandler) {
  Ends ends(runtime_, ConnectedTcpSockets());
  ends.at_b.when_frame = [&](Connection&, const Frame&) { ends.b.reset(); };
  ends.a->Send(kType, 0, Bytes("1"));
  ends.a->Send(kType, 0, Bytes("2"));
  EXPECT_TRUE(Run([&] { return !ends.at_a.closed.empty(); }));
  EXPECT_EQ(ends.at_b.frames.size(), 1U);
  EXPECT_TRUE(ends.at_b.closed.empty());
}

TEST_F(ConnectionTest, SaysWhenItsSocketIsClosed) {
  Ends ends(runtime_, ConnectedTcpSockets());
  bool closed = false;
  ends.a->OnSocketClosed([&] { closed = true; });
  ends.a.reset();
  EXPECT_TRUE(closed);

  closed = false;
  ends.b->Close(Status(ErrorCode::kUnavailable, "done"));
  ends.b->OnSocketClosed([&] { closed = true; });
  EXPECT_TRUE(closed);
}

// ---- bounds

TEST_F(ConnectionTest, DropsFramesBeyondTheBoundIfToldSo) {
  Ends ends(runtime_, ConnectedTcpSockets(),
            {.write_bytes_max = 1000, .when_full = WhenFull::kDrop});
  std::size_t queued = 0;
  while (ends.a->Send(kType, 0, Bytes(std::string(80, 'x')))) ++queued;
  EXPECT_EQ(queued, 10U);  // the bound is reached by the tenth
  EXPECT_TRUE(Run([&] { return ends.at_b.frames.size() == queued; }));
  EXPECT_TRUE(ends.a->Send(kType, 0, Bytes("room again")));
  EXPECT_TRUE(Run([&] { return ends.at_b.frames.size() == queued + 1; }));
}

TEST_F(ConnectionTest, ClosesAtTheBoundIfToldSo) {
  Ends ends(runtime_, ConnectedTcpSockets(),
            {.write_bytes_max = 1000, .when_full = WhenFull::kClose});
  while (ends.a->Send(kType, 0, Bytes(std::string(80, 'x')))) {
  }
  EXPECT_FALSE(ends.a->is_open());
  EXPECT_TRUE(Run([&] { return !ends.at_a.closed.empty(); }));
  EXPECT_EQ(ends.at_a.closed[0].ToString(), "overloaded: 1000 bytes wait to be read");
}

TEST_F(ConnectionTest, ClosesWhenNothingIsTakenForTooLong) {
  const auto [mine, theirs] = ConnectedTcpSockets();
  const auto connection = Greeting(mine, {.write_stall_max = milliseconds(20)});
  while (connection->Send(kType, 0, Bytes(std::string(kFramePayloadBytesMax, 'x')))) {
    if (connection->queued_bytes() > 7 * kFramePayloadBytesMax) break;
  }
  EXPECT_TRUE(Run([&] { return !recorder_.closed.empty(); }));
  EXPECT_EQ(recorder_.closed[0].code(), ErrorCode::kTimeout);
  ::close(theirs);
}

TEST_F(ConnectionTest, GoesOnWhenASlowReaderReadsAgain) {
  const auto [mine, theirs] = ConnectedTcpSockets();
  const auto connection = Greeting(mine);
  std::size_t sent = 0;
  for (; sent < 7; ++sent) {
    ASSERT_TRUE(connection->Send(kType, 0, Bytes(std::string(kFramePayloadBytesMax, 'x'))));
  }
  const std::size_t total = connection->queued_bytes();
  EXPECT_TRUE(Run([&] { return connection->queued_bytes() < total; }));
  std::size_t received = 0;
  std::string buffer(1 << 20, '\0');
  EXPECT_TRUE(Run([&, reader = theirs] {
    runtime_.Post([] {});  // asked again after each turn
    const ssize_t bytes = ::recv(reader, buffer.data(), buffer.size(), MSG_DONTWAIT);
    if (bytes > 0) received += static_cast<std::size_t>(bytes);
    return received == total;
  }));
  EXPECT_EQ(connection->queued_bytes(), 0U);
  EXPECT_TRUE(recorder_.closed.empty());
  ::close(theirs);
}

// ---- strangers

std::string HelloFrame() {
  std::string bytes;
  AppendFrame(FrameType::kHello, 0, Hello{}, &bytes);
  return bytes;
}

TEST_F(ConnectionTest, ClosesOnGarbage) {
  const auto [mine, theirs] = ConnectedTcpSockets();
  const auto connection = Greeting(mine);
  SendBytes(theirs, "GET / HTTP/1.1\r\n\r\n");
  EXPECT_TRUE(Run([&] { return !recorder_.closed.empty(); }));
  EXPECT_EQ(recorder_.closed[0].ToString(), "damaged: frame: does not begin with QRT1");
  ::close(theirs);
}

TEST_F(ConnectionTest, ClosesOnAnOversizedFrameByItsHeader) {
  const auto [mine, theirs] = ConnectedTcpSockets();
  const auto connection = Greeting(mine);
  connection->Admit(FrameLimits().SetCap(kType, 100));
  std::string frame;
  AppendFrame(kType, 0, Bytes(std::string(101, 'x')), &frame);
  SendBytes(theirs, frame.substr(0, kFrameHeaderBytes));
  EXPECT_TRUE(Run([&] { return !recorder_.closed.empty(); }));
  EXPECT_EQ(recorder_.closed[0].ToString(),
            "damaged: frame: payload of 101 bytes, at most 100 are taken");
  ::close(theirs);
}

TEST_F(ConnectionTest, ClosesOnADamagedFrame) {
  const auto [mine, theirs] = ConnectedTcpSockets();
  const auto connection = Greeting(mine);
  std::string frame = HelloFrame();
  frame.back() ^= 1;
  SendBytes(theirs, frame);
  EXPECT_TRUE(Run([&] { return !recorder_.closed.empty(); }));
  EXPECT_EQ(recorder_.closed[0].ToString(), "damaged: frame: checksum mismatch");
  ::close(theirs);
}

TEST_F(ConnectionTest, TakesNothingButAHelloFromAStranger) {
  const auto [mine, theirs] = ConnectedTcpSockets();
  const auto connection = Greeting(mine);
  std::string frame;
  AppendFrame(kType, 0, Bytes("let me in"), &frame);
  SendBytes(theirs, frame);
  EXPECT_TRUE(Run([&] { return !recorder_.closed.empty(); }));
  EXPECT_TRUE(recorder_.frames.empty());
  ::close(theirs);
}

TEST_F(ConnectionTest, ClosesOnAStrangerThatSaysNothing) {
  const auto [mine, theirs] = ConnectedTcpSockets();
  const auto connection = Greeting(mine, {.greeting_time_max = milliseconds(10)});
  EXPECT_TRUE(Run([&] { return !recorder_.closed.empty(); }));
  EXPECT_EQ(recorder_.closed[0].ToString(), "timeout: no hello in time");
  ::close(theirs);
}

// Slowloris: a byte now and then does not extend the time.
TEST_F(ConnectionTest, ClosesOnAStrangerThatDribbles) {
  const auto [mine, theirs] = ConnectedTcpSockets();
  const auto connection = Greeting(mine, {.greeting_time_max = milliseconds(20)});
  const std::string hello = HelloFrame();
  std::size_t sent = 0;
  Timer dribble(runtime_);
  std::function<void()> send_one = [&, fd = theirs] {
    SendBytes(fd, hello.substr(sent++ % (hello.size() - 1), 1));
    if (sent + 1 < hello.size()) dribble.SetAfter(milliseconds(2), send_one);
  };
  send_one();
  EXPECT_TRUE(Run([&] { return !recorder_.closed.empty(); }));
  EXPECT_EQ(recorder_.closed[0].code(), ErrorCode::kTimeout);
  EXPECT_LT(sent, hello.size());
  dribble.Cancel();
  ::close(theirs);
}

TEST_F(ConnectionTest, HasAllTheTimeInTheWorldOnceAdmitted) {
  Ends ends(runtime_, ConnectedTcpSockets(), {.greeting_time_max = milliseconds(5)});
  EXPECT_FALSE(runtime_.RunUntil([&] { return !ends.at_a.closed.empty(); }, milliseconds(20)));
  EXPECT_TRUE(ends.a->is_open());
}

}  // namespace
}  // namespace paxos::net
