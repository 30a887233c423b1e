#include "net/dial.h"

#include <boost/asio/connect.hpp>
#include <boost/asio/io_context.hpp>
#include <boost/asio/ip/tcp.hpp>
#include <string>
#include <utility>

#include "net/greeter.h"
#include "net/runtime.h"

namespace paxos::net {
namespace {

using boost::asio::ip::tcp;
using boost::system::error_code;

}  // namespace

// Asio's callbacks hold it; once `events_` is null it is silent and lets go of everything.
class Dial::Attempt final : public GreeterEvents, public std::enable_shared_from_this<Attempt> {
 public:
  Attempt(Runtime& runtime, const Address& address, const DialOptions& options, Greeting greeting,
          DialEvents& events)
      : runtime_(runtime),
        address_(address),
        options_(options),
        greeting_(std::move(greeting)),
        events_(&events),
        resolver_(runtime.io()),
        socket_(runtime.io()),
        deadline_(runtime) {}

  void Begin();
  void GiveUp();

  void OnGreeted(Greeter& greeter, const Hello& theirs) override;
  void OnGreetingFailed(Greeter& greeter, GreetingFailure how, const Status& why) override;

 private:
  void OnResolved(const error_code& error, const tcp::resolver::results_type& found);
  void OnConnected(const error_code& error);
  void Fail(DialFailure how, const Status& why);
  void FailToConnect(const std::string& why);
  bool IsSelfConnected() const;

  Runtime& runtime_;
  const Address address_;
  const DialOptions options_;
  const Greeting greeting_;
  DialEvents* events_;
  tcp::resolver resolver_;
  tcp::socket socket_;
  Timer deadline_;
  std::unique_ptr<Greeter> greeter_;
};

// Asio looks names up on a thread of its own, numeric addresses too: a look-up may take seconds,
// and the loop has heartbeats to send.
void Dial::Attempt::Begin() {
  deadline_.SetAfter(options_.connect_time_max, [this] { FailToConnect("no answer in time"); });
  error_code is_name;
  const auto numeric = boost::asio::ip::make_address(address_.host, is_name);
  if (!is_name) {
    return socket_.async_connect(
        {numeric, address_.port},
        [self = shared_from_this()](const error_code& error) { self->OnConnected(error); });
  }
  resolver_.async_resolve(address_.host, std::to_string(address_.port),
                          [self = shared_from_this()](const error_code& error,
                                                      const tcp::resolver::results_type& found) {
                            self->OnResolved(error, found);
                          });
}

void Dial::Attempt::OnResolved(const error_code& error, const tcp::resolver::results_type& found) {
  if (events_ == nullptr) return;
  if (error) return FailToConnect(error.message());
  boost::asio::async_connect(
      socket_, found,
      [self = shared_from_this()](const error_code& failed, const tcp::endpoint& /*endpoint*/) {
        self->OnConnected(failed);
      });
}

void Dial::Attempt::OnConnected(const error_code& error) {
  if (events_ == nullptr) return;
  if (error) return FailToConnect(error.message());
  if (IsSelfConnected()) return FailToConnect("nobody there");
  deadline_.Cancel();
  error_code failed;
  const int fd = socket_.release(failed);
  if (failed) return FailToConnect(failed.message());
  auto connection = std::make_unique<Connection>(runtime_, fd, options_.connection);
  greeter_ = std::make_unique<Greeter>(std::move(connection), Side::kDialer, greeting_, *this);
}

// Dialing a free port of this machine, the kernel may pick that very port as ours and connect the
// socket to itself; while that lasts, the server that is dialed could not bind it.
bool Dial::Attempt::IsSelfConnected() const {
  error_code error;
  const tcp::endpoint local = socket_.local_endpoint(error);
  return !error && local == socket_.remote_endpoint(error);
}

void Dial::Attempt::OnGreeted(Greeter& greeter, const Hello& theirs) {
  const auto self = shared_from_this();
  const auto finished = std::move(greeter_);
  std::exchange(events_, nullptr)->OnConnected(greeter.Take(), theirs);
}

void Dial::Attempt::OnGreetingFailed(Greeter& /*greeter*/, GreetingFailure how, const Status& why) {
  const auto self = shared_from_this();
  const auto finished = std::move(greeter_);
  switch (how) {
    case GreetingFailure::kBroken:
      return Fail(DialFailure::kUnreachable, why);
    case GreetingFailure::kWeRefused:
      return Fail(DialFailure::kWeRefused, why);
    case GreetingFailure::kTheyRefused:
      return Fail(DialFailure::kTheyRefused, why);
  }
}

void Dial::Attempt::FailToConnect(const std::string& why) {
  Fail(DialFailure::kUnreachable, {ErrorCode::kUnavailable, why});
}

void Dial::Attempt::Fail(DialFailure how, const Status& why) {
  const auto self = shared_from_this();  // the callback that held it may be dropped by GiveUp
  DialEvents* const events = events_;
  GiveUp();
  events->OnDialFailed(how, why.Annotate(ShortText(address_)));
}

void Dial::Attempt::GiveUp() {
  events_ = nullptr;
  deadline_.Cancel();
  greeter_.reset();
  resolver_.cancel();
  error_code ignored;
  static_cast<void>(socket_.close(ignored));
}

Dial::Dial(Runtime& runtime, const Address& address, const DialOptions& options, Greeting greeting,
           DialEvents& events)
    : attempt_(std::make_shared<Attempt>(runtime, address, options, std::move(greeting), events)) {
  attempt_->Begin();
}

Dial::~Dial() { attempt_->GiveUp(); }

}  // namespace paxos::net
