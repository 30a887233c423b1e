#include "net/connection.h"

#include <unistd.h>

#include <algorithm>
#include <boost/asio/buffer.hpp>
#include <boost/asio/generic/stream_protocol.hpp>
#include <boost/asio/io_context.hpp>
#include <boost/asio/post.hpp>
#include <utility>

#include "net/frame_input.h"
#include "net/hello.h"
#include "net/runtime.h"
#include "net/socket.h"

namespace paxos::net {
namespace {

using boost::system::error_code;
using Socket = boost::asio::generic::stream_protocol::socket;

// How much one read takes from a stranger.
constexpr std::size_t kGreetingReadBytes = 8 * 1024;

// A queue that once was larger than this gives its memory back when it is empty.
constexpr std::size_t kKeptQueueBytes = std::size_t{1} << 20;

// How long a connection that said its last word waits for the other side to close.
constexpr Duration kLingerMax = std::chrono::seconds{1};

FrameLimits GreetingLimits() {
  FrameLimits limits;
  limits.cap.fill(0);
  return limits.SetCap(FrameType::kHello, kHelloBytesMax)
      .SetCap(FrameType::kHelloRefused, kHelloBytesMax);
}

bool IsRetry(const error_code& error) {
  return error == boost::asio::error::would_block || error == boost::asio::error::try_again ||
         error == boost::asio::error::interrupted;
}

Status Gone(const error_code& error) {
  const bool is_end = error == boost::asio::error::eof;
  return {ErrorCode::kUnavailable, is_end ? "closed by the other side" : error.message()};
}

}  // namespace

// The socket and its queues. It outlives its Connection where callbacks of Asio or the last bytes
// of a refusal are still on their way; then `owner_` is null and nobody is called any more.
class Connection::Stream final : public Flushable,
                                 public FrameSink,
                                 public std::enable_shared_from_this<Stream> {
 public:
  Stream(Runtime& runtime, Connection& owner, const ConnectionOptions& options)
      : runtime_(runtime),
        owner_(&owner),
        options_(options),
        socket_(runtime.io()),
        deadline_(runtime),
        write_timer_(runtime) {}

  void Begin(int fd);
  void SetHandler(ConnectionHandler& handler) { handler_ = &handler; }
  void Admit(const FrameLimits& limits);
  void OnSocketClosed(std::function<void()> function);
  std::string* BeginSend();
  bool EndSend(std::size_t begin);
  void Close(Status why);
  void CloseAfterFlush(Status why);
  void Abandon();

  void Flush() override;
  bool TakeFrame(const Frame& frame) override;

  bool is_open() const { return stage_ == Stage::kOpen; }
  std::size_t queued_bytes() const { return queue_.size() - written_; }
  const std::string& remote() const { return remote_; }

 private:
  // kDraining: the handler was told the end; queued bytes still leave, what comes in is thrown
  // away.
  enum class Stage { kOpen, kDraining, kClosed };

  void WaitToRead();
  void OnReadable();
  void Write();
  void WaitToWrite();
  void OnWriteStall();
  void OnWritten();
  void Tell(Status why);

  Runtime& runtime_;
  Connection* owner_;
  ConnectionHandler* handler_ = nullptr;
  const ConnectionOptions options_;
  Socket socket_;
  Timer deadline_;  // of the greeting, or of the linger
  Timer write_timer_;
  std::string remote_{};
  std::function<void()> on_closed_{};
  Stage stage_ = Stage::kOpen;
  bool is_admitted_ = false;
  bool was_told_ = false;

  FrameInput input_{GreetingLimits()};
  std::string queue_{};
  std::size_t written_ = 0;  // of queue_
  bool awaits_flush_ = false;
  bool awaits_socket_ = false;  // it took less than all; it will say when it takes more
  Instant last_progress_{};
};

void Connection::Stream::Begin(int fd) {
  remote_ = ShortText(RemoteOf(fd));
  TuneSocket(fd, options_.unacknowledged_max);
  error_code error;
  const boost::asio::generic::stream_protocol protocol(FamilyOf(fd), 0);
  static_cast<void>(socket_.assign(protocol, fd, error));
  if (error) ::close(fd);  // else the socket owns it
  if (!error) static_cast<void>(socket_.non_blocking(true, error));
  if (error) return Close({ErrorCode::kIo, "socket: " + error.message()});
  deadline_.SetAfter(options_.greeting_time_max, [this] {
    Close({ErrorCode::kTimeout, "no hello in time"});
  });
  WaitToRead();
}

void Connection::Stream::Admit(const FrameLimits& limits) {
  is_admitted_ = true;
  deadline_.Cancel();
  input_.SetLimits(limits);
}

// ---- in -------------------------------------------------------------------------------------

// The callback holds the stream: it lives while its socket is open.
void Connection::Stream::WaitToRead() {
  socket_.async_wait(Socket::wait_read, [self = shared_from_this()](const error_code& error) {
    if (!error) self->OnReadable();
  });
}

void Connection::Stream::OnReadable() {
  if (stage_ == Stage::kClosed) return;
  std::span<char> buffer = runtime_.read_buffer();
  if (!is_admitted_) buffer = buffer.first(std::min(buffer.size(), kGreetingReadBytes));
  error_code error;
  const std::size_t bytes =
      socket_.read_some(boost::asio::buffer(buffer.data(), buffer.size()), error);
  if (error && !IsRetry(error)) return Close(Gone(error));
  if (!error && stage_ == Stage::kOpen) {
    Status fed = input_.Feed({buffer.data(), bytes}, *this);
    if (!fed.ok()) return Close(std::move(fed));
  }
  if (stage_ != Stage::kClosed) WaitToRead();
}

bool Connection::Stream::TakeFrame(const Frame& frame) {
  Status status = handler_->OnFrame(*owner_, frame);
  if (!status.ok()) Close(std::move(status));
  return stage_ == Stage::kOpen;
}

// ---- out ------------------------------------------------------------------------------------

std::string* Connection::Stream::BeginSend() {
  if (stage_ != Stage::kOpen) return nullptr;
  if (queued_bytes() >= options_.write_bytes_max) {
    if (options_.when_full == WhenFull::kClose) {
      Close({ErrorCode::kOverloaded, std::to_string(queued_bytes()) + " bytes wait to be read"});
    }
    return nullptr;
  }
  if (!awaits_flush_ && !awaits_socket_) {
    awaits_flush_ = true;
    runtime_.FlushAtTurnEnd(shared_from_this());
  }
  return &queue_;
}

// A receiver would close the connection over a frame beyond its cap.
bool Connection::Stream::EndSend(std::size_t begin) {
  if (queue_.size() - begin <= kFrameHeaderBytes + options_.payload_bytes_max) return true;
  queue_.resize(begin);
  return false;
}

void Connection::Stream::Flush() {
  awaits_flush_ = false;
  if (stage_ != Stage::kClosed && !awaits_socket_) Write();
}

void Connection::Stream::Write() {
  error_code error;
  const std::size_t wanted = queued_bytes();
  const std::size_t bytes =
      wanted == 0
          ? 0
          : socket_.write_some(boost::asio::buffer(queue_.data() + written_, wanted), error);
  if (error && !IsRetry(error)) return Close(Gone(error));
  written_ += bytes;
  if (bytes > 0 && awaits_socket_) last_progress_ = Now();
  if (bytes == wanted) return OnWritten();
  if (written_ > queue_.size() / 2) {
    queue_.erase(0, written_);
    written_ = 0;
  }
  WaitToWrite();
}

void Connection::Stream::OnWritten() {
  awaits_socket_ = false;
  written_ = 0;
  queue_.clear();
  if (queue_.capacity() > kKeptQueueBytes) queue_.shrink_to_fit();
  if (stage_ != Stage::kDraining) return;
  error_code ignored;  // the other side may be gone already
  static_cast<void>(socket_.shutdown(Socket::shutdown_send, ignored));
}

void Connection::Stream::WaitToWrite() {
  if (!awaits_socket_) {
    awaits_socket_ = true;
    last_progress_ = Now();
    if (!write_timer_.is_set()) OnWriteStall();
  }
  socket_.async_wait(Socket::wait_write, [self = shared_from_this()](const error_code& error) {
    if (!error && self->stage_ != Stage::kClosed) self->Write();
  });
}

// Sets itself again while there is progress.
void Connection::Stream::OnWriteStall() {
  if (!awaits_socket_) return;
  const Instant deadline = last_progress_ + options_.write_stall_max;
  if (Now() >= deadline) {
    return Close({ErrorCode::kTimeout, std::to_string(queued_bytes()) + " bytes are not taken"});
  }
  write_timer_.Set(deadline, [this] { OnWriteStall(); });
}

// ---- the end --------------------------------------------------------------------------------

void Connection::Stream::Close(Status why) {
  if (stage_ == Stage::kClosed) return;
  const auto self = shared_from_this();  // closing drops the callbacks that hold it
  stage_ = Stage::kClosed;
  deadline_.Cancel();
  write_timer_.Cancel();
  error_code ignored;
  static_cast<void>(socket_.close(ignored));
  if (on_closed_) std::exchange(on_closed_, {})();
  Tell(std::move(why));
}

void Connection::Stream::OnSocketClosed(std::function<void()> function) {
  if (stage_ == Stage::kClosed) return function();
  on_closed_ = std::move(function);
}

void Connection::Stream::CloseAfterFlush(Status why) {
  if (stage_ != Stage::kOpen) return;
  stage_ = Stage::kDraining;
  deadline_.SetAfter(kLingerMax, [this] { Close({ErrorCode::kTimeout, "lingered"}); });
  if (!awaits_flush_ && !awaits_socket_) Write();
  Tell(std::move(why));
}

void Connection::Stream::Tell(Status why) {
  if (std::exchange(was_told_, true)) return;
  boost::asio::post(runtime_.io(), [self = shared_from_this(), reason = std::move(why)] {
    if (self->owner_ != nullptr) self->handler_->OnClosed(*self->owner_, reason);
  });
}

void Connection::Stream::Abandon() {
  owner_ = nullptr;
  if (stage_ == Stage::kOpen) Close(Status::Ok());
}

// ---- Connection -----------------------------------------------------------------------------

Connection::Connection(Runtime& runtime, int fd, const ConnectionOptions& options)
    : stream_(std::make_shared<Stream>(runtime, *this, options)) {
  stream_->Begin(fd);
}

Connection::~Connection() { stream_->Abandon(); }

void Connection::SetHandler(ConnectionHandler& handler) { stream_->SetHandler(handler); }
void Connection::Admit(const FrameLimits& limits) { stream_->Admit(limits); }
void Connection::Close(Status why) { stream_->Close(std::move(why)); }
void Connection::CloseAfterFlush(Status why) { stream_->CloseAfterFlush(std::move(why)); }
bool Connection::is_open() const { return stream_->is_open(); }
std::size_t Connection::queued_bytes() const { return stream_->queued_bytes(); }
const std::string& Connection::remote() const { return stream_->remote(); }
std::string* Connection::BeginSend() { return stream_->BeginSend(); }
bool Connection::EndSend(std::size_t begin) { return stream_->EndSend(begin); }

void Connection::OnSocketClosed(std::function<void()> function) {
  stream_->OnSocketClosed(std::move(function));
}

}  // namespace paxos::net
