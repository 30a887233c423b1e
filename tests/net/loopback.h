// What the tests of net/ share: connected sockets, and handlers that write down what they are told.
#pragma once

#include <memory>
#include <string>
#include <utility>
#include <vector>

#include "net/connection.h"
#include "net/greeting.h"
#include "net/runtime.h"
#include "paxos/frame.h"

namespace paxos::net {

// Far beyond what anything here takes; a test that needs it has failed.
inline constexpr Duration kLong = std::chrono::seconds{20};

// Two ends of one TCP connection over loopback, or of a Unix socket; the caller owns them.
std::pair<int, int> ConnectedTcpSockets();
std::pair<int, int> ConnectedUnixSockets();

// A socket that listens and never accepts, and its port.
std::pair<int, std::uint16_t> ListenOnFreePort();

// A blocking socket connected to a port of this machine.
int ConnectTo(std::uint16_t port);
void SendBytes(int fd, std::string_view bytes);

struct ReceivedFrame {
  FrameType type = FrameType::kHello;
  std::uint32_t group = 0;
  std::string payload{};
  friend bool operator==(const ReceivedFrame&, const ReceivedFrame&) = default;
};

// Keeps frames and the end.
class Recorder final : public ConnectionHandler {
 public:
  Status OnFrame(Connection& connection, const Frame& frame) override;
  void OnClosed(Connection& connection, const Status& why) override;

  std::vector<ReceivedFrame> frames{};
  std::vector<Status> closed{};
  Status answer{};  // of OnFrame
  std::function<void(Connection&, const Frame&)> when_frame{};
};

// A payload that is just these bytes.
inline auto Bytes(std::string bytes) {
  return [bytes = std::move(bytes)](std::string* out) { out->append(bytes); };
}

// An admitted connection with a recorder on each of its two ends.
struct Ends {
  Ends(Runtime& runtime, std::pair<int, int> sockets, const ConnectionOptions& options = {});

  Recorder at_a{};
  Recorder at_b{};
  std::unique_ptr<Connection> a;
  std::unique_ptr<Connection> b;
};

}  // namespace paxos::net
