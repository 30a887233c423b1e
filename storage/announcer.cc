#include "storage/announcer.h"

#include <mutex>
#include <optional>
#include <utility>

namespace paxos::storage {

struct Announcer::State {
  // Runs on the owner's thread.
  void Tell();

  // Whether Tell has to be posted for what is new; not if it is on its way already.
  bool MustPost() { return !is_silent && !std::exchange(is_posted, true); }

  std::mutex mutex;  // guards the four
  PersistSeq durable;
  std::optional<Status> failure;  // taken when told
  bool is_posted = false;
  bool is_silent = false;

  // The owner's thread only.
  StorageEvents* events = nullptr;
  PersistSeq told;
};

void Announcer::State::Tell() {
  PersistSeq newest;
  std::optional<Status> why;
  {
    const std::lock_guard lock(mutex);
    is_posted = false;
    newest = durable;
    why = std::exchange(failure, std::nullopt);
  }
  if (events != nullptr && newest > told) {
    told = newest;
    events->OnDurable(newest);
  }
  // Asked again: the listener may have silenced the announcer.
  if (events != nullptr && why) events->OnWriteFailed(*why);
}

Announcer::Announcer(Post post) : state_(std::make_shared<State>()), post_(std::move(post)) {}

Announcer::~Announcer() { Silence(); }

void Announcer::Listen(StorageEvents& events) { state_->events = &events; }

bool Announcer::listening() const { return state_->events != nullptr; }

void Announcer::Silence() {
  state_->events = nullptr;
  const std::lock_guard lock(state_->mutex);
  state_->is_silent = true;
}

void Announcer::Durable(PersistSeq seq) {
  {
    const std::lock_guard lock(state_->mutex);
    state_->durable = seq;
    if (!state_->MustPost()) return;
  }
  PostTelling();
}

void Announcer::Failed(Status why) {
  {
    const std::lock_guard lock(state_->mutex);
    state_->failure = std::move(why);
    if (!state_->MustPost()) return;
  }
  PostTelling();
}

// The function keeps the state alive only while it runs.
void Announcer::PostTelling() {
  post_([weak = std::weak_ptr<State>(state_)] {
    if (const std::shared_ptr<State> state = weak.lock()) state->Tell();
  });
}

}  // namespace paxos::storage
