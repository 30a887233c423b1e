#pragma once

#include <memory>

#include "paxos/storage.h"
#include "storage/post.h"

namespace paxos::storage {

// Brings what became of batches from the thread that wrote them to the owner's thread.
//
// One function at most is on its way at any time; it tells the newest figure when it runs. So an
// owner that is busy is woken once, however many syncs end meanwhile.
class Announcer {
 public:
  explicit Announcer(Post post);
  // On the owner's thread, like Listen and Silence. Posted functions that run later do nothing.
  ~Announcer();

  Announcer(const Announcer&) = delete;
  Announcer& operator=(const Announcer&) = delete;

  // Before the first announcement. `events` must outlive the announcer or its silence.
  void Listen(StorageEvents& events);
  bool listening() const;
  // Nothing is told nor posted from here on.
  void Silence();

  // From any one thread. `seq` does not fall; Failed is the last call of all.
  void Durable(PersistSeq seq);
  void Failed(Status why);

 private:
  struct State;
  void PostTelling();

  std::shared_ptr<State> state_;
  Post post_;
};

}  // namespace paxos::storage
