/* --dump: a cell's numbers as .npy files, so that other tools can check it. */
#ifndef PX_KIND_DUMP_H
#define PX_KIND_DUMP_H

#include "kind/trial.h"

/* Writes the operands under the given names (A.npy, ...), C_hat.npy, R_hi.npy, R_lo.npy (exact result on the stored
 * operands = R_hi + R_lo) and absab.npy into DUMP_DIR/ID, the cell's id with '_' for '/'. Nothing without --dump. */
px_status px_dump_trial(const px_lab *lab, const px_case *c, const px_trial *t, const char *const names[],
                        px_error *err);

/* That folder, made where it is not there; lab->dump_dir is not NULL. */
px_status px_dump_folder(const px_lab *lab, const px_case *c, const char **folder, px_error *err);

/* Writes n matrices as NAME.npy into that folder. Nothing without --dump. */
px_status px_dump_matrices(const px_lab *lab, const px_case *c, int n, const char *const names[],
                           const px_mat *const matrices[], px_error *err);

#endif
