/* Logarithm and exponential for the definition of random data: from IEEE basic operations alone, in one fixed order, so
 * that every machine makes the same bits (libm's differ from one to the next). Relative error below 1e-15. */
#ifndef PX_DATA_ELEMENTARY_H
#define PX_DATA_ELEMENTARY_H

double px_data_log(double x); /* natural; x finite and > 0 */
double px_data_exp(double x); /* |x| <= 700 */

/* The quantile function of N(0,1) at u in (0,1): Wichura 1988, algorithm AS 241 (PPND16), Applied Statistics 37(3),
 * 477-484. */
double px_data_normal_quantile(double u);

#endif
