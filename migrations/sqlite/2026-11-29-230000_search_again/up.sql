-- Apostrophes, dashes and the final sigma are found in whichever form they are typed. What was kept
-- in the form of before is brought up to date by the job that lets people be found.
UPDATE users SET is_searchable = 0
WHERE id IN (
  SELECT user_id FROM user_search
  WHERE text LIKE '%’%'
     OR text LIKE '%‘%'
     OR text LIKE '%‛%'
     OR text LIKE '%ʼ%'
     OR text LIKE '%ʻ%'
     OR text LIKE '%ʹ%'
     OR text LIKE '%′%'
     OR text LIKE '%`%'
     OR text LIKE '%´%'
     OR text LIKE '%‐%'
     OR text LIKE '%‒%'
     OR text LIKE '%–%'
     OR text LIKE '%—%'
     OR text LIKE '%−%'
     OR text LIKE '%ς%'
);
