#include "cli/cli.h"
#define T(n) int verb_##n(const struct cli *c, const struct arguments *a) { (void)c; (void)a; return 2; }
T(plan) T(apply) T(verify) T(rollback) T(status) T(bind) T(release) T(profile) T(attach) T(detach) T(capture)
