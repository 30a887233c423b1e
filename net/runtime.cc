#include "net/runtime.h"

#include <sys/timerfd.h>

#include <algorithm>
#include <atomic>
#include <boost/asio/buffer.hpp>
#include <boost/asio/executor_work_guard.hpp>
#include <boost/asio/io_context.hpp>
#include <boost/asio/posix/stream_descriptor.hpp>
#include <boost/asio/signal_set.hpp>
#include <cerrno>
#include <ctime>
#include <map>
#include <system_error>
#include <utility>

#include "net/inbox.h"
#include "paxos/check.h"

namespace paxos::net {
namespace {

// Tells Asio that one thread runs the loop: it saves wake-ups and allocations.
constexpr int kOneThread = 1;

int OpenBootTimer() {
  const int fd = ::timerfd_create(CLOCK_BOOTTIME, TFD_NONBLOCK | TFD_CLOEXEC);
  if (fd < 0) throw std::system_error(errno, std::system_category(), "timerfd_create");
  return fd;
}

timespec ToTimespec(Instant when) {
  // All zero would switch the timer off instead of firing at once.
  const auto count = std::max<std::int64_t>(when.time_since_epoch().count(), 1);
  constexpr std::int64_t kPerSecond = 1'000'000'000;
  return {.tv_sec = count / kPerSecond, .tv_nsec = count % kPerSecond};
}

}  // namespace

Instant Now() {
  timespec time{};
  ::clock_gettime(CLOCK_BOOTTIME, &time);
  return Instant(std::chrono::seconds{time.tv_sec} + std::chrono::nanoseconds{time.tv_nsec});
}

struct Runtime::State {
  explicit State(const RuntimeOptions& limits)
      : options(limits), read_buffer(limits.read_bytes_max), io(kOneThread) {
    WaitForTimer();
  }

  // Functions may own connections, whose sockets must go before `io` does.
  ~State() {
    while (!timers.empty()) timers.extract(timers.begin());
    to_flush.clear();
  }

  void RunTurn();
  void Sleep();
  void EndTurn();
  void FlushAll();
  void WaitForTimer();
  void RunDueTimers();
  void Arm(Instant wakeup);
  void WaitForSignal();

  struct Alarm {
    Timer* owner = nullptr;
    std::function<void()> function{};
  };

  const RuntimeOptions options;
  std::vector<char> read_buffer;
  std::vector<TurnHandler*> handlers;
  std::vector<std::shared_ptr<Flushable>> to_flush;
  std::map<std::pair<Instant, std::uint64_t>, Alarm> timers;
  std::uint64_t last_timer_id = 0;
  std::function<void(int)> signal_handler;
  std::atomic<bool> stopped = false;

  // Below what handlers that are dropped with `io` still refer to.
  boost::asio::io_context io;
  boost::asio::executor_work_guard<boost::asio::io_context::executor_type> work =
      boost::asio::make_work_guard(io);
  boost::asio::posix::stream_descriptor boot_timer{io, OpenBootTimer()};
  std::uint64_t expirations = 0;
  Instant armed_for = kNever;
  boost::asio::signal_set signals{io};
  Inbox inbox{io};
};

// ---- turns ----------------------------------------------------------------------------------

void Runtime::State::RunTurn() {
  Sleep();
  for (std::size_t events = 1; events < options.turn_events_max; ++events) {
    if (io.poll_one() == 0) break;
  }
  inbox.Run(options.turn_events_max);
  EndTurn();
}

// Until something is ready. Whoever posts or stops after the first line wakes the loop.
void Runtime::State::Sleep() {
  inbox.GoToSleep();
  if (inbox.IsEmpty() && !stopped) io.run_one();
  inbox.Awake();
}

void Runtime::State::EndTurn() {
  const Instant now = Now();
  Instant wakeup = kNever;
  for (TurnHandler* handler : handlers) wakeup = std::min(wakeup, handler->OnTurn(now));
  FlushAll();
  if (!timers.empty()) wakeup = std::min(wakeup, timers.begin()->first.first);
  Arm(wakeup);
}

void Runtime::State::FlushAll() {
  for (std::size_t i = 0; i < to_flush.size(); ++i) to_flush[i]->Flush();
  to_flush.clear();
}

// ---- time -----------------------------------------------------------------------------------

void Runtime::State::WaitForTimer() {
  boot_timer.async_read_some(boost::asio::buffer(&expirations, sizeof expirations),
                             [this](const boost::system::error_code& error, std::size_t /*bytes*/) {
                               if (error == boost::asio::error::operation_aborted) return;
                               armed_for = kNever;
                               RunDueTimers();
                               WaitForTimer();
                             });
}

// A function that sets its timer again to a time that has passed runs in the next turn.
void Runtime::State::RunDueTimers() {
  const Instant now = Now();
  const std::uint64_t last_id = last_timer_id;
  for (auto next = timers.begin(); next != timers.end() && next->first.first <= now;
       next = timers.begin()) {
    if (next->first.second > last_id) break;
    auto due = timers.extract(next);
    due.mapped().owner->id_ = 0;
    due.mapped().function();
  }
}

// Later is no reason for a system call: the timer fires early once and is set again then.
void Runtime::State::Arm(Instant wakeup) {
  if (wakeup >= armed_for) return;
  const itimerspec when{.it_interval = {}, .it_value = ToTimespec(wakeup)};
  const int failed =
      ::timerfd_settime(boot_timer.native_handle(), TFD_TIMER_ABSTIME, &when, nullptr);
  PAXOS_CHECK("RUNTIME", failed == 0, errno);
  armed_for = wakeup;
}

Timer::Timer(Runtime& runtime) : state_(*runtime.state_) {}
Timer::~Timer() { Cancel(); }

void Timer::Set(Instant when, std::function<void()> function) {
  Cancel();
  when_ = when;
  id_ = ++state_.last_timer_id;
  state_.timers.emplace(std::pair(when_, id_), Runtime::State::Alarm{this, std::move(function)});
}

void Timer::SetAfter(Duration delay, std::function<void()> function) {
  Set(Now() + delay, std::move(function));
}

void Timer::Cancel() {
  if (id_ == 0) return;
  const auto found = state_.timers.find({when_, id_});
  id_ = 0;
  // Taken out before what it owns is destroyed: that may cancel other timers.
  if (found != state_.timers.end()) state_.timers.extract(found);
}

// ---- the public face ------------------------------------------------------------------------

Runtime::Runtime(const RuntimeOptions& options) : state_(std::make_unique<State>(options)) {}
Runtime::~Runtime() = default;

// What was queued outside of any turn leaves first.
void Runtime::Run() {
  state_->EndTurn();
  while (!state_->stopped) state_->RunTurn();
  state_->stopped = false;
}

bool Runtime::RunUntil(const std::function<bool()>& done, Duration at_most) {
  bool is_late = false;
  Timer deadline(*this);
  deadline.SetAfter(at_most, [&is_late] { is_late = true; });
  state_->EndTurn();
  bool is_done = done();
  while (!is_done && !is_late && !state_->stopped) {
    state_->RunTurn();
    is_done = done();
  }
  state_->stopped = false;
  return is_done;
}

void Runtime::Stop() {
  state_->stopped = true;
  state_->inbox.Wake();
}

void Runtime::Post(std::function<void()> function) { state_->inbox.Post(std::move(function)); }

void Runtime::AddTurnHandler(TurnHandler& handler) { state_->handlers.push_back(&handler); }
void Runtime::RemoveTurnHandler(TurnHandler& handler) { std::erase(state_->handlers, &handler); }

void Runtime::OnSignals(const std::vector<int>& signals, std::function<void(int)> handler) {
  for (const int signal : signals) state_->signals.add(signal);
  const bool is_first = !state_->signal_handler;
  state_->signal_handler = std::move(handler);
  if (is_first) state_->WaitForSignal();
}

void Runtime::State::WaitForSignal() {
  signals.async_wait([this](const boost::system::error_code& error, int signal) {
    if (error) return;
    signal_handler(signal);
    WaitForSignal();
  });
}

boost::asio::io_context& Runtime::io() { return state_->io; }

void Runtime::FlushAtTurnEnd(std::shared_ptr<Flushable> flushable) {
  state_->to_flush.push_back(std::move(flushable));
}

std::span<char> Runtime::read_buffer() { return state_->read_buffer; }

}  // namespace paxos::net
