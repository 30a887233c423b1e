#include "bench/lockbench_connections.h"

#include <utility>
#include <vector>

#include "net/dial.h"
#include "net/runtime.h"
#include "paxos/archive.h"

namespace bench {

using lockservice::Request;
using lockservice::RequestId;
using lockservice::Response;
using paxos::Frame;
using paxos::FrameType;
using paxos::Status;
using paxos::net::Connection;
using paxos::net::Dial;
using paxos::net::DialFailure;
using paxos::net::Greeting;
using paxos::net::Hello;

namespace {

// The lock service is one group; its clients need not know which.
constexpr std::uint32_t kNoGroup = 0;

// The upper bits of a request's id on the wire say whose it is.
constexpr unsigned kOwnIdBits = 40;
constexpr std::uint64_t kOwnIdMask = (std::uint64_t{1} << kOwnIdBits) - 1;

Greeting ClientGreeting() {
  Greeting greeting;
  greeting.ours = [] { return Hello{}; };
  greeting.check = [](const Hello& theirs) {
    return paxos::net::CheckHello(theirs, {.role = paxos::net::Role::kPeer});
  };
  return greeting;
}

paxos::net::Address MustParse(const std::string& endpoint) {
  auto address = paxos::net::ParseAddress(endpoint);
  PAXOS_CHECK("BENCH", address.has_value(), endpoint);
  return *std::move(address);
}

}  // namespace

class SharedConnections::Shared final : public paxos::net::DialEvents,
                                        public paxos::net::ConnectionHandler,
                                        public std::enable_shared_from_this<Shared> {
 public:
  Shared(SharedConnections& owner, Place place)
      : owner_(owner),
        place_(std::move(place)),
        dial_(std::make_unique<Dial>(owner.runtime_, MustParse(place_.first),
                                     paxos::net::DialOptions{}, ClientGreeting(), *this)) {}

  void Add(UserNumber number, ConnectionUser& user) {
    users_.emplace(number, &user);
    if (connection_ == nullptr) return;
    owner_.runtime_.Post([weak = weak_from_this(), number] {
      if (const auto self = weak.lock()) self->Welcome(number);
    });
  }
  void Remove(UserNumber number) { users_.erase(number); }
  [[nodiscard]] bool IsUnused() const { return users_.empty(); }
  [[nodiscard]] const Place& place() const { return place_; }

  void Send(UserNumber number, const Request& request) {
    if (connection_ == nullptr) return;
    const std::uint64_t id = (std::uint64_t{number} << kOwnIdBits) | request.id.value();
    const Request renamed{RequestId(id), request.body};
    connection_->Send(FrameType::kClientRequest, kNoGroup, renamed);
  }

  // ---- from the network. Users may leave, and so end this object, in any of their calls.
  void OnConnected(std::unique_ptr<Connection> connection, const Hello& /*theirs*/) override {
    connection_ = std::move(connection);
    connection_->SetHandler(*this);
    dial_.reset();
    const auto self = shared_from_this();
    for (const UserNumber number : Numbers()) Welcome(number);
  }
  void OnDialFailed(DialFailure /*how*/, const Status& why) override { Dismiss(why); }
  void OnClosed(Connection& /*connection*/, const Status& why) override { Dismiss(why); }

  Status OnFrame(Connection& /*connection*/, const Frame& frame) override {
    auto response = paxos::Decode<Response>(frame.payload);
    if (frame.type != FrameType::kClientResponse || !response.has_value())
      return {paxos::ErrorCode::kDamaged, "not a response"};
    const auto user = users_.find(static_cast<UserNumber>(response->id.value() >> kOwnIdBits));
    if (user == users_.end()) return Status::Ok();  // it has gone elsewhere
    response->id = RequestId(response->id.value() & kOwnIdMask);
    const auto self = shared_from_this();
    user->second->OnResponse(*response);
    return Status::Ok();
  }

 private:
  std::vector<UserNumber> Numbers() const {
    std::vector<UserNumber> numbers;
    for (const auto& [number, user] : users_) numbers.push_back(number);
    return numbers;
  }
  void Welcome(UserNumber number) {
    const auto user = users_.find(number);
    if (user != users_.end()) user->second->OnConnected();
  }
  void Dismiss(const Status& why) {
    const auto self = shared_from_this();
    owner_.last_trouble_ = why.message();
    owner_.Remove(place_);
    for (const UserNumber number : Numbers()) {
      const auto user = users_.extract(number);
      owner_.of_user_.erase(number);
      user.mapped()->OnDisconnected();
    }
  }

  SharedConnections& owner_;
  const Place place_;
  std::map<UserNumber, ConnectionUser*> users_;
  std::unique_ptr<Dial> dial_;
  std::unique_ptr<Connection> connection_;
};

SharedConnections::SharedConnections(paxos::net::Runtime& runtime, std::uint32_t lanes)
    : runtime_(runtime), lanes_(lanes) {}
SharedConnections::~SharedConnections() = default;

void SharedConnections::Join(UserNumber number, ConnectionUser& user, const std::string& endpoint) {
  Leave(number);
  const Place place{endpoint, number % lanes_};
  std::shared_ptr<Shared>& shared = connections_[place];
  if (shared == nullptr) shared = std::make_shared<Shared>(*this, place);
  of_user_.emplace(number, shared);
  shared->Add(number, user);
}

void SharedConnections::Leave(UserNumber number) {
  const auto found = of_user_.extract(number);
  if (found.empty()) return;
  const std::shared_ptr<Shared>& shared = found.mapped();
  shared->Remove(number);
  if (shared->IsUnused()) Remove(shared->place());
}

void SharedConnections::Send(UserNumber number, const Request& request) {
  const auto found = of_user_.find(number);
  if (found != of_user_.end()) found->second->Send(number, request);
}

void SharedConnections::Remove(const Place& place) { connections_.erase(place); }

}  // namespace bench
