// A stream of frames over one socket, for peers and clients alike.
//
// Out: Send appends a frame to a queue in memory; the end of the turn writes the whole queue with
// one system call. In: one system call reads whatever is there, and each whole frame in it goes to
// the handler without being copied. A stream that breaks the frame format closes.
//
// Until Admit the other side is a stranger: it has `greeting_time_max` to say a valid hello, and
// nothing but a hello of kHelloBytesMax is taken from it.
#pragma once

#include <cstddef>
#include <functional>
#include <memory>
#include <string>

#include "paxos/frame.h"
#include "paxos/result.h"
#include "paxos/time.h"

namespace paxos::net {

class Connection;
class Runtime;

// May call anything on the connection, and destroy it.
class ConnectionHandler {
 public:
  virtual ~ConnectionHandler() = default;
  // A whole frame with a good checksum, its payload no longer than the type's cap and alive until
  // the call returns. A Status that is not ok closes the connection for that reason.
  virtual Status OnFrame(Connection& connection, const Frame& frame) = 0;
  // The last call. It comes from the loop, never from inside a call to the connection.
  // kUnavailable: the other side closed or vanished; kTimeout: it was too slow; kDamaged, kForeign:
  // it sent what may not be; kOverloaded: it does not read what it asked for; or Close's reason.
  virtual void OnClosed(Connection& connection, const Status& why) = 0;
};

enum class WhenFull : std::uint8_t {
  kDrop,   // Send refuses the frame: for messages that may get lost (peers retransmit)
  kClose,  // the connection closes: for answers that may not get lost silently
};

struct ConnectionOptions {
  // Queued bytes that the socket has not taken yet; at this bound `when_full` decides. At most one
  // frame is queued beyond it.
  std::size_t write_bytes_max = std::size_t{8} << 20;
  WhenFull when_full = WhenFull::kClose;

  // The largest payload that Send takes: what the other side's limits allow.
  std::uint32_t payload_bytes_max = kFramePayloadBytesMax;

  // From the connection's beginning to Admit.
  Duration greeting_time_max = std::chrono::seconds{10};

  // A socket that takes no byte of a waiting queue for so long is closed (a reader that hangs).
  Duration write_stall_max = std::chrono::seconds{10};

  // How long sent bytes may stay unacknowledged before the kernel gives the connection up
  // (TCP_USER_TIMEOUT). Without it a link that was cut for a minute resumes only when the
  // backed-off retransmission comes round, long after the cut is mended.
  Duration unacknowledged_max = std::chrono::seconds{5};
};

class Connection {
 public:
  // Takes over `fd`, a connected stream socket. Call SetHandler in the same callback.
  Connection(Runtime& runtime, int fd, const ConnectionOptions& options);
  // Closes without a word to the handler; what is still queued is lost.
  ~Connection();
  Connection(const Connection&) = delete;
  Connection& operator=(const Connection&) = delete;

  // Who is called from the next frame on, be it from inside OnFrame. It must outlive the
  // connection.
  void SetHandler(ConnectionHandler& handler);

  // The greeting is over: frames of any type, within `limits`.
  void Admit(const FrameLimits& limits);

  // Queues a frame; `payload` as in AppendFrame. False if it was not queued: the queue is full, the
  // connection closed, or the payload is too large.
  template <class Payload>
  bool Send(FrameType type, std::uint32_t group, const Payload& payload) {
    std::string* queue = BeginSend();
    if (queue == nullptr) return false;
    const std::size_t begin = queue->size();
    AppendFrame(type, group, payload, queue);
    return EndSend(begin);
  }

  // Closes at once; OnClosed(why) follows.
  void Close(Status why);
  // The same for the handler, but what is queued still leaves: the socket closes when the other
  // side has, or after a second. Outlives this object.
  void CloseAfterFlush(Status why);

  [[nodiscard]] bool is_open() const;
  [[nodiscard]] std::size_t queued_bytes() const;
  // "127.0.0.1:40312", for logs.
  [[nodiscard]] const std::string& remote() const;

  // Runs when the socket is closed, which may be at once, or after this object is gone.
  void OnSocketClosed(std::function<void()> function);

 private:
  class Stream;
  std::string* BeginSend();
  bool EndSend(std::size_t begin);

  std::shared_ptr<Stream> stream_;
};

}  // namespace paxos::net
