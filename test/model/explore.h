#pragma once

// What the models share. A model re-states a lock-free part of pawl in relacy's atomics, which give
// a load any value that its memory order allows, and in its plain variables, of which it reports
// every race, and runs it under many schedules to find one that breaks it.
//
// A model has a parameter that plants one fault, such as an order that is too weak. What finds
// nothing in the right model has to find each of these.
//
// relacy makes macros of new, delete, free and assert: it is included last.

#include <initializer_list>
#include <string>

#include <doctest/doctest.h>
#include <relacy/relacy.hpp>

namespace pawl::test {

// What std::lock_guard is for a std::mutex.
template <class Mutex>
class Locked {
 public:
  explicit Locked(Mutex& mutex) : mutex_(mutex) { mutex_.lock(RL_INFO); }
  ~Locked() { mutex_.unlock(RL_INFO); }

 private:
  Mutex& mutex_;
};

// A lock that lets one in at a time, and orders nothing.
class UnorderedLock {
 public:
  void lock(rl::debug_info_param where) {
    while (taken_.exchange(true, rl::mo_relaxed, where)) rl::yield(1, where);
  }
  void unlock(rl::debug_info_param where) { taken_.store(false, rl::mo_relaxed, where); }

 private:
  rl::atomic<bool> taken_{false};
};

// How far to look: so many schedules at random, each seeded with its number and so the same in each
// run; or, in order, all that take a thread off while it could go on at most so many times.
template <template <rl::thread_id_t> class Scheduler>
struct Search {
  rl::iteration_t schedules;
  unsigned preemptions;
};
inline Search<rl::random_scheduler> at_random(rl::iteration_t schedules) { return {schedules, 0}; }
inline Search<rl::context_bound_scheduler> in_order(unsigned preemptions) {
  return {0, preemptions};
}

struct Found {
  rl::test_result_e what;
  std::string how;
};

// As rl::simulate() does, which instantiates all of relacy's schedulers for each model.
template <class Model, template <rl::thread_id_t> class Scheduler>
Found explore(Search<Scheduler> search) {
  using Chosen = Scheduler<Model::params::thread_count>;
  rl::ostringstream said;
  rl::test_params params;
  params.search_type =
      search.schedules == 0 ? rl::fair_context_bound_scheduler_type : rl::random_scheduler_type;
  params.iteration_count = search.schedules;
  params.context_bound = search.preemptions;
  params.output_stream = &said;
  params.progress_stream = &said;
  rl::ostringstream state;
  const rl::test_result_e found = rl::run_test<Model, Chosen>(params, state, false);
  if (found != rl::test_result_success) {
    params.initial_state = state.str();
    params.collect_history = true;
    rl::run_test<Model, Chosen>(params, state, true);
  }
  return {found, said.str().c_str()};
}

template <class Model, class... Searches>
void check_holds(Searches... searches) {
  for (const Found& found : {explore<Model>(searches)...}) {
    INFO(found.how);
    CHECK(found.what == rl::test_result_success);
  }
}

// What hangs or leaks is a mistake of the model's own, and does not count.
template <class Model>
void check_caught() {
  const Found found = explore<Model>(at_random(10'000));
  INFO(found.how);
  bool caught = false;
  for (const auto breach : {rl::test_result_user_assert_failed,
                            rl::test_result_data_race,
                            rl::test_result_access_to_freed_memory,
                            rl::test_result_unitialized_access})
    caught = caught || found.what == breach;
  CHECK(caught);
}

}  // namespace pawl::test
