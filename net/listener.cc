#include "net/listener.h"

#include <sys/socket.h>
#include <unistd.h>

#include <boost/asio/io_context.hpp>
#include <boost/asio/ip/tcp.hpp>
#include <map>
#include <string>
#include <utility>

#include "net/greeter.h"
#include "net/runtime.h"

namespace paxos::net {
namespace {

using boost::asio::ip::tcp;
using boost::system::error_code;

// Connections that the kernel completes while the loop is busy elsewhere.
constexpr int kBacklog = 1024;

Status CannotListen(const Address& address, const error_code& error) {
  return {ErrorCode::kIo, "listen on " + ShortText(address) + ": " + error.message()};
}

// Nothing is waited for: whoever is too many gets what its socket takes at once.
void SayOverloaded(int fd, const Hello& by) {
  std::string bytes;
  const HelloRefused refusal{
      .code = ErrorCode::kOverloaded, .text = "too many connections", .by = by};
  AppendFrame(FrameType::kHelloRefused, 0, refusal, &bytes);
  static_cast<void>(::send(fd, bytes.data(), bytes.size(), MSG_NOSIGNAL | MSG_DONTWAIT));
  ::close(fd);
}

}  // namespace

class Listener::Acceptor final : public GreeterEvents,
                                 public std::enable_shared_from_this<Acceptor> {
 public:
  Acceptor(Runtime& runtime, const ListenerOptions& options, Greeting greeting,
           ListenerEvents& events)
      : runtime_(runtime),
        options_(options),
        greeting_(std::move(greeting)),
        events_(events),
        acceptor_(runtime.io()),
        pause_(runtime) {}

  Status Open();
  void Accept();
  void Close();
  const Address& address() const { return options_.address; }
  std::size_t connections() const { return connections_; }

  void OnGreeted(Greeter& greeter, const Hello& theirs) override;
  void OnGreetingFailed(Greeter& greeter, GreetingFailure how, const Status& why) override;

 private:
  void OnAccepted(const error_code& error, tcp::socket socket);
  void Admit(int fd, const std::string& host);
  bool HasRoomFor(const std::string& host) const;
  void Leave(const std::string& host);
  std::unique_ptr<Greeter> Forget(Greeter& greeter);

  Runtime& runtime_;
  ListenerOptions options_;
  const Greeting greeting_;
  ListenerEvents& events_;
  tcp::acceptor acceptor_;
  Timer pause_;
  std::map<Greeter*, std::unique_ptr<Greeter>> greeters_;
  std::map<std::string, std::size_t> connections_from_;
  std::size_t connections_ = 0;
};

// ---- the port -------------------------------------------------------------------------------

Status Listener::Acceptor::Open() {
  error_code error;
  tcp::resolver resolver(runtime_.io());
  const auto found = resolver.resolve(options_.address.host, std::to_string(options_.address.port),
                                      tcp::resolver::passive, error);
  if (error) return CannotListen(options_.address, error);
  const tcp::endpoint endpoint = found.begin()->endpoint();
  static_cast<void>(acceptor_.open(endpoint.protocol(), error));
  if (!error) static_cast<void>(acceptor_.set_option(tcp::acceptor::reuse_address(true), error));
  if (!error) static_cast<void>(acceptor_.bind(endpoint, error));
  if (!error) static_cast<void>(acceptor_.listen(kBacklog, error));
  if (error) return CannotListen(options_.address, error);
  options_.address.port = acceptor_.local_endpoint(error).port();
  return Status::Ok();
}

void Listener::Acceptor::Accept() {
  acceptor_.async_accept([self = shared_from_this()](const error_code& error, tcp::socket socket) {
    if (self->acceptor_.is_open()) self->OnAccepted(error, std::move(socket));
  });
}

// An error is the process' (no descriptors, no memory) or that of one connection that is gone
// again. Neither is a reason to stop, and both would come again at once: hence the pause.
void Listener::Acceptor::OnAccepted(const error_code& error, tcp::socket socket) {
  if (error) return pause_.SetAfter(options_.accept_pause, [this] { Accept(); });
  error_code failed;
  const tcp::endpoint remote = socket.remote_endpoint(failed);
  const int fd = failed ? -1 : socket.release(failed);
  if (!failed) Admit(fd, remote.address().to_string());
  Accept();
}

void Listener::Acceptor::Close() {
  error_code ignored;
  static_cast<void>(acceptor_.close(ignored));
  pause_.Cancel();
  greeters_.clear();
}

// ---- connections ----------------------------------------------------------------------------

void Listener::Acceptor::Admit(int fd, const std::string& host) {
  if (!HasRoomFor(host)) return SayOverloaded(fd, greeting_.ours());
  ++connections_;
  ++connections_from_[host];
  auto connection = std::make_unique<Connection>(runtime_, fd, options_.connection);
  connection->OnSocketClosed([weak = weak_from_this(), host] {
    if (const auto self = weak.lock()) self->Leave(host);
  });
  auto greeter =
      std::make_unique<Greeter>(std::move(connection), Side::kListener, greeting_, *this);
  greeters_.emplace(greeter.get(), std::move(greeter));
}

bool Listener::Acceptor::HasRoomFor(const std::string& host) const {
  const auto from = connections_from_.find(host);
  const std::size_t from_host = from == connections_from_.end() ? 0 : from->second;
  return connections_ < options_.connections_max &&
         from_host < options_.connections_per_address_max;
}

void Listener::Acceptor::Leave(const std::string& host) {
  --connections_;
  if (--connections_from_[host] == 0) connections_from_.erase(host);
}

void Listener::Acceptor::OnGreeted(Greeter& greeter, const Hello& theirs) {
  const auto finished = Forget(greeter);
  events_.OnConnection(finished->Take(), theirs);
}

void Listener::Acceptor::OnGreetingFailed(Greeter& greeter, GreetingFailure how,
                                          const Status& why) {
  const auto finished = Forget(greeter);
  if (how == GreetingFailure::kWeRefused) events_.OnHelloRefused(*finished->theirs(), why);
  events_.OnGreetingFailed(finished->connection().remote(), why);
}

std::unique_ptr<Greeter> Listener::Acceptor::Forget(Greeter& greeter) {
  const auto found = greeters_.find(&greeter);
  auto forgotten = std::move(found->second);
  greeters_.erase(found);
  return forgotten;
}

// ---- Listener -------------------------------------------------------------------------------

Result<std::unique_ptr<Listener>> Listener::Open(Runtime& runtime, const ListenerOptions& options,
                                                 Greeting greeting, ListenerEvents& events) {
  auto acceptor = std::make_shared<Acceptor>(runtime, options, std::move(greeting), events);
  if (Status opened = acceptor->Open(); !opened.ok()) return opened;
  acceptor->Accept();
  return std::unique_ptr<Listener>(new Listener(std::move(acceptor)));
}

Listener::Listener(std::shared_ptr<Acceptor> acceptor) : acceptor_(std::move(acceptor)) {}
Listener::~Listener() { acceptor_->Close(); }
const Address& Listener::address() const { return acceptor_->address(); }
std::size_t Listener::connections() const { return acceptor_->connections(); }

}  // namespace paxos::net
