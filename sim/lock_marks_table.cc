#include "sim/lock_marks_table.h"

namespace paxos::sim {
namespace {

using M = LockMark;

constexpr auto kTable = std::to_array<NamedMark<LockMark>>({
    {M::kHandedOnByRelease, {"handed-on-by-release", "a release grants the lock to a waiter"}},
    {M::kHandedOnByClose, {"handed-on-by-close", "the end of a closed session grants a waiter"}},
    {M::kHandedOnByExpiry, {"handed-on-by-expiry", "an expiry grants the lock to a waiter"}},
    {M::kManyGrantsAtOnce, {"many-grants-at-once", "one command grants three locks and more"}},
    {M::kReEntry, {"re-entry", "a holder acquires its lock again (S10)"}},
    {M::kPartialRelease, {"partial-release", "a release leaves acquires of the grant (S10)"}},
    {M::kTryRefused, {"try-refused", "a try finds the lock held"}},
    {M::kTryRefusedByQueue,
     {"try-refused-by-queue", "a try finds the lock held and queued for (S6)"}},
    {M::kLongQueue, {"long-queue", "five wait for one lock"}},
    {M::kNotOwner, {"not-owner", "somebody else's lock is released (S9)"}},
    {M::kStaleToken, {"stale-token", "a lock is released under an earlier token (S9)"}},
    {M::kNotHeld, {"not-held", "a lock is released that nobody holds (S9)"}},
    {M::kTooManyLocks, {"too-many-locks", "a bound of the table refuses an acquire"}},
    {M::kTooManyWaiters, {"too-many-waiters", "a full queue refuses an acquire"}},

    {M::kOpenRepeated, {"open-repeated", "a repeated Open finds its session"}},
    {M::kTtlRaised, {"ttl-raised", "a session gets a longer TTL than it asked for (S17)"}},
    {M::kTableFull, {"table-full", "there is no room for another session"}},
    {M::kCallOfDeadSession, {"call-of-dead-session", "a call comes from a session that has ended"}},
    {M::kRenewOfDeadSession, {"renew-of-dead-session", "a renewal names a session that has ended"}},
    {M::kRenewGathersMany, {"renew-gathers-many", "one entry renews six sessions and more"}},
    {M::kTickEndsNobody, {"tick-ends-nobody", "a tick finds that the due session was renewed"}},
    {M::kTickEndsSeveral, {"tick-ends-several", "a tick ends several sessions"}},
    {M::kHolderExpires, {"holder-expires", "a session expires that holds a lock"}},
    {M::kHolderOfSeveralExpires,
     {"holder-of-several-expires", "a session expires that holds three locks and more"}},
    {M::kWaiterExpires, {"waiter-expires", "a session expires that waits for a lock (S7)"}},

    {M::kRepeatedCallAnswered,
     {"repeated-call-answered", "a repeated call gets the reply that was kept (X1)"}},
    {M::kRepeatedCallWaits, {"repeated-call-waits", "a repeated call finds itself waiting (X1)"}},
    {M::kRepeatedUnderOtherLeader,
     {"repeated-under-other-leader", "a call is repeated in another leader's ballot"}},
    {M::kWaitNamedUnanswered,
     {"wait-named-unanswered", "a call names a wait among the answered ones"}},

    {M::kWaitWithdrawn, {"wait-withdrawn", "a cancel withdraws a wait (S14)"}},
    {M::kCancelLosesToGrant, {"cancel-loses-to-grant", "a cancel finds its call granted (S14)"}},
    {M::kCancelComesFirst,
     {"cancel-comes-first", "a cancel comes before the call it is about (S8)"}},
    {M::kCallAfterItsCancel, {"call-after-its-cancel", "a call comes after its cancel (S8)"}},
    {M::kRepeatedCancel, {"repeated-cancel", "a cancel is repeated"}},

    {M::kRedirected, {"redirected", "a server names the leader"}},
    {M::kLeaderUnknown, {"leader-unknown", "a server does not lead and knows no leader"}},
    {M::kOverloaded, {"overloaded", "a server refuses for lack of room"}},
    {M::kOutcomeUnknown, {"outcome-unknown", "a server lost its lead with a request in flight"}},
    {M::kJeopardy, {"jeopardy", "a client is not confirmed in time (S15)"}},
    {M::kSafeAgain, {"safe-again", "a client in jeopardy is confirmed (S15)"}},
    {M::kLostInJeopardy, {"lost-in-jeopardy", "a client in jeopardy learns of its end (S15)"}},
    {M::kFenced, {"fenced", "the store refuses an overtaken token (S5)"}},
});
static_assert(IsInOrder(kTable));

constexpr auto kMarks = MarksOf(kTable);

}  // namespace

const std::vector<Mark>& LockMarkTable() {
  static const std::vector<Mark> marks(kMarks.begin(), kMarks.end());
  return marks;
}

}  // namespace paxos::sim
