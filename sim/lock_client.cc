#include "sim/lock_client.h"

#include <utility>

#include "paxos/check.h"
#include "sim/damage.h"
#include "sim/lock_program.h"

namespace paxos::sim {

using lockservice::LinkId;

namespace {

// One message in so many is also tried as if a checksum had lied about it.
constexpr std::uint64_t kMessagesPerDamage = 64;

}  // namespace

LockClient::LockClient(const LockClientWorld& world, ClientId id, const ClockOptions& clock,
                       const lockservice::ClientOptions& options, LockChronicle& chronicle,
                       LockUserEvents& user)
    : world_(world),
      id_(id),
      clock_(clock.at_start, clock.rate, clock.granule),
      own_rate_(clock.rate),
      options_(options),
      chronicle_(chronicle),
      user_(user) {}

// ---- the process ----------------------------------------------------------------------------

void LockClient::Start() {
  if (client_) return;
  lockservice::ClientOptions options = options_;
  options.seed = Mix(options_.seed, ++life_);
  client_.emplace(options);
  judge_.emplace(world_.judge, options);
  world_.trace.Add(world_.queue.now(), EventKind::kClient, NodeId{},
                   Text{"c" + std::to_string(id_.value()) + " starts"});
  user_.OnStarted();
}

void LockClient::Die() {
  if (!client_) return;
  world_.trace.Add(world_.queue.now(), EventKind::kClient, NodeId{},
                   Text{"c" + std::to_string(id_.value()) + " dies"});
  for (const auto& [socket, link] : std::exchange(links_, {})) world_.sockets.Close(socket);
  up_.reset();
  sent_.clear();
  reads_.clear();
  held_.clear();
  client_.reset();
  judge_.reset();
  chronicle_.OnDied();
  is_paused_ = false;
  armed_ = kEndOfTime;
  ++timer_;
  user_.OnDied();
}

void LockClient::Pause() {
  is_paused_ = client_.has_value();
  if (is_paused_) judge_->OnAway();
}

// Timers that fell due meanwhile fire before what arrived meanwhile, or after it.
void LockClient::Resume() {
  if (!std::exchange(is_paused_, false)) return;
  const auto on_time = [](lockservice::Client& client, Instant now) { client.OnTime(now); };
  const bool timers_first = Mix(options_.seed, ++pauses_) % 2 == 0;
  if (timers_first) Do(on_time);
  for (const auto& input : std::exchange(held_, {})) {
    if (client_) input();
  }
  Do(on_time);
}

void LockClient::ChangeClock(const ClockChange& change) {
  const std::string text =
      "c" + std::to_string(id_.value()) + " clock " + std::to_string(change.rate);
  world_.trace.Add(world_.queue.now(), EventKind::kClock, NodeId{}, Text{text});
  clock_.Change(world_.queue.now(), change);
  if (!client_) return;
  judge_->OnAway();
  chronicle_.Observe(*client_, clock_);
  armed_ = kEndOfTime;
  ++timer_;
  ArmTimer();
}

void LockClient::Input(std::function<void()> input) {
  if (!client_) return;
  if (is_paused_) return held_.push_back(std::move(input));
  input();
}

// ---- calls ----------------------------------------------------------------------------------

// Not reentrant: what a completion's receiver calls is carried out by the loop that told it.
void LockClient::Settle() {
  if (is_settling_) return;
  is_settling_ = true;
  bool has_news = false;
  while (client_) {
    lockservice::ClientOutput output = client_->TakeOutput();
    if (output.empty()) break;
    has_news = true;
    CarryOut(std::move(output));
  }
  is_settling_ = false;
  if (!client_) return;
  if (has_news) CheckBeliefs();
  chronicle_.Observe(*client_, clock_);
  judge_->OnSettled(Now(), *client_, up_.has_value());
  ArmTimer();
}

void LockClient::CarryOut(lockservice::ClientOutput output) {
  if (output.disconnect) Disconnect(*output.disconnect);
  if (output.connect) Connect(*output.connect);
  for (const lockservice::Request& request : output.send) Send(request);
  for (const lockservice::StateChange& change : output.states) {
    judge_->OnState(Now(), change);
    for (LockSpectator* each : world_.judge.spectators()) each->OnState(id_, change);
    user_.OnState(change);
  }
  for (const lockservice::Completion& completion : output.done) {
    reads_.erase(completion.call);
    judge_->OnCompletion(Now(), *client_, completion);
    user_.OnCompletion(completion);
  }
}

void LockClient::Connect(const lockservice::Connect& wish) {
  const NodeId node = NodeAt(wish.endpoint);
  const SocketId socket = world_.sockets.Connect(id_, node, *this);
  links_[socket] = wish.link;
  peers_[socket] = node;
}

void LockClient::Disconnect(LinkId link) {
  for (auto it = links_.begin(); it != links_.end(); ++it) {
    if (it->second != link) continue;
    world_.sockets.Close(it->first);
    if (up_ == it->first) up_.reset();
    links_.erase(it);
    return;
  }
}

void LockClient::Send(const lockservice::Request& request) {
  if (!up_) return;
  world_.judge.OnAsked(request.body);
  judge_->OnSent(Now(), request);
  for (LockSpectator* each : world_.judge.spectators())
    each->OnRequestSent(id_, peers_[*up_], request);
  const auto [sent, is_first] = sent_.try_emplace(request.id);
  sent->second.body = request.body;
  if (is_first) sent->second.asked = world_.judge.acknowledged();
  world_.sockets.SendToServer(*up_, Encode(request));
}

// ---- from the network and the clock ---------------------------------------------------------

void LockClient::OnConnected(SocketId socket) {
  Input([this, socket] {
    const auto link = links_.find(socket);
    if (link == links_.end()) return;
    up_ = socket;
    Do([link = link->second](lockservice::Client& client, Instant now) {
      client.OnConnected(now, link);
    });
  });
}

void LockClient::OnDisconnected(SocketId socket) {
  Input([this, socket] {
    const auto found = links_.find(socket);
    if (found == links_.end()) return;
    const LinkId link = found->second;
    links_.erase(found);
    if (up_ == socket) up_.reset();
    Do([link](lockservice::Client& client, Instant now) { client.OnDisconnected(now, link); });
  });
}

void LockClient::OnBytes(SocketId socket, std::string_view bytes) {
  world_.trace.Add(world_.queue.now(), EventKind::kSocket, NodeId{}, Text{std::string(bytes)});
  auto response = Decode<lockservice::Response>(bytes);
  PAXOS_CHECK("CODEC", response.has_value(), socket, bytes);
  if (const std::uint64_t draw = world_.queue.events_run(); draw % kMessagesPerDamage == 0)
    PAXOS_CHECK("CODEC", IsReadOrRefused(*response, draw), socket, bytes);
  Input([this, socket, response = *std::move(response)] { OnResponse(socket, response); });
}

void LockClient::OnResponse(SocketId socket, const lockservice::Response& response) {
  const auto link = links_.find(socket);
  if (link == links_.end()) return;
  for (LockSpectator* each : world_.judge.spectators()) each->OnResponse(id_, socket, response);
  const auto request = sent_.find(response.id);
  if (request != sent_.end()) JudgeAnswer(request->second, response.id, response.body);
  judge_->OnAnswer(Now(), response);
  if (std::holds_alternative<lockservice::Waiting>(response.body))
    user_.OnQueued(lockservice::CallId{response.id.value()});
  Do([&](lockservice::Client& client, Instant now) {
    client.OnResponse(now, link->second, response);
  });
}

void LockClient::JudgeAnswer(const Sent& sent, lockservice::RequestId id,
                             const lockservice::ResponseBody& answer) {
  const lockservice::RequestBody& request = sent.body;
  if (const auto* read = std::get_if<lockservice::ReadResult>(&answer)) {
    const auto asked = reads_.find(lockservice::CallId{id.value()});
    const auto* query = std::get_if<lockservice::ReadRequest>(&request);
    if (asked == reads_.end() || query == nullptr) return;
    world_.judge.OnReadResult(asked->second, query->query, *read);
    world_.judge.OnAcknowledged(read->index);
  }
  const auto* result = std::get_if<lockservice::Result>(&answer);
  if (result == nullptr) return;
  world_.judge.OnAnsweredBy(sent.asked, request, result->index);
  if (const auto* call = std::get_if<lockservice::CallRequest>(&request))
    world_.judge.OnResult({call->session, call->seq}, *result);
  if (const auto* cancel = std::get_if<lockservice::CancelRequest>(&request))
    world_.judge.OnResult({cancel->session, cancel->seq}, *result);
  world_.judge.OnAcknowledged(result->index);
}

void LockClient::ArmTimer() {
  const Instant wanted = client_->next_wakeup();
  if (wanted == kNever) return;
  const Time when = clock_.WhenShows(wanted);
  if (when >= armed_) return;
  armed_ = when;
  world_.queue.At(when, [this, number = ++timer_] {
    if (number != timer_ || !client_) return;
    armed_ = kEndOfTime;
    if (!is_paused_ && client_->next_wakeup() > Now()) return ArmTimer();
    world_.trace.Add(world_.queue.now(), EventKind::kWake, NodeId{}, Number{id_.value()});
    Input([this] { Do([](lockservice::Client& client, Instant now) { client.OnTime(now); }); });
  });
}

// ---- beliefs --------------------------------------------------------------------------------

bool LockClient::Believes(SessionId session, const std::string& name, lockservice::OwnerId owner,
                          lockservice::Token token) const {
  if (!client_ || client_->session() != session) return false;
  return client_->Holds(name, owner, Now()) == token;
}

void LockClient::CheckBeliefs() {
  if (client_->state(Now()) != lockservice::SessionState::kSafe) return;
  for (const auto& [key, holding] : client_->holdings()) {
    world_.judge.CheckBelief(*client_->session(), key.name, key.owner, holding.token);
  }
}

}  // namespace paxos::sim
